"""The dashboard in a process of its own: served alone, found by a browser, and ended by a signal."""

import re
import signal
import urllib.request
from pathlib import Path
from urllib.error import URLError

from service import PROGRAMME
from unattended import free_port, open_service, programme, start, wait_for, write_config


def page(address: str) -> str | None:
    """Return what an address answers, None while nobody does."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # our own address
            return str(answer.read().decode())
    except URLError:
        return None


def test_serve_shows_the_sign_in_with_its_assets_and_says_loudly_that_it_is_bound_wider(tmp_path: Path) -> None:
    port = free_port()
    service = f'host = "0.0.0.0"\nport = {port}'
    config = write_config(tmp_path / "latsar.toml", programme(PROGRAMME), service=service)
    open_service(config).database.close()  # its tables are made
    process = start(config, "serve")
    try:
        way_in = wait_for(lambda: page(f"http://127.0.0.1:{port}/"), "the page to sign in")
        assets = [
            page(f"http://127.0.0.1:{port}{each}") for each in re.findall(r'(?:href|src)="(/assets/[^"]+)"', way_in)
        ]
    finally:
        process.send_signal(signal.SIGHUP)  # as the terminal does that it was started in, when it closes
        said = process.communicate(timeout=30)[1]

    assert 'name="password"' in way_in
    assert len(assets) >= 4
    assert all(assets)
    assert "reachable from other hosts, without TLS" in said
    assert process.returncode == 0
