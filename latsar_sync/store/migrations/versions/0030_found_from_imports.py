"""Certificates and received files are found from the import and the person that they belong to."""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_index(op.f("ix_certificates_import_id"), "certificates", ["import_id"])
    op.create_index(op.f("ix_certificates_participant_id"), "certificates", ["participant_id"])
    op.create_index(op.f("ix_received_files_import_id"), "received_files", ["import_id"])
