"""At which address each site stands, so that what is recorded of it goes on when its name is another one."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.create_table(
        "site_addresses",
        sa.Column("programme", sa.String(64), primary_key=True),
        sa.Column("site", sa.String(64), primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
    )
    # of a course as it was filled last; of a MOOC, and of an angkatan that was closed since, as the site was asked last
    op.execute(
        "INSERT INTO site_addresses (programme, site, address) SELECT programme, site, max(address) FROM course_places "
        "WHERE address NOT LIKE '?%' GROUP BY programme, site"
    )
    op.execute(
        "INSERT INTO site_addresses (programme, site, address) SELECT used.programme, used.site, site_infos.address "
        "FROM (SELECT programme, site FROM participants UNION SELECT programme, site FROM pushes) AS used "
        "JOIN site_infos ON site_infos.site = used.site WHERE NOT EXISTS (SELECT 1 FROM site_addresses AS known "
        "WHERE known.programme = used.programme AND known.site = used.site)"
    )
