"""What stands in front of the halves keeps nothing of who came: the shipped files as they are read, and as they run."""

import asyncio
import contextlib
import os
import re
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aftercall_stage.troupe import free_ports
from starlette.types import Receive, Scope, Send

from aftercall.door import MOST, door
from aftercall.inside.run import LARGER
from tests.certificates import Authority

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX, CADDY = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
ADDRESSES = ("127.66.0.7", "127.66.0.8")
AGENT, SENT = "canary-agent", "203.0.113.77"
LETTER = b"sealed-canary-letter"
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded")

Change = Callable[[str], str]


# as they are read ----------------------------------------------------------------------------------------------------------


def said(text: str) -> list[str]:
    """The lines that count, without comments."""
    return [line for raw in text.splitlines() if (line := re.sub(r"(^|\s)#.*", "", raw).strip())]


def nginx_leaks(text: str) -> list[str]:
    lines, found = said(text), []
    found += [line for line in lines if line.startswith("access_log") and line != "access_log off;"]
    found += [line for line in lines if line.startswith("error_log") and line != "error_log /dev/null emerg;"]
    found += [line for line in lines if re.search(r"\$(proxy_add_x_forwarded_for|remote_|realip|binary_remote)", line)]
    found += [line for line in lines if re.match(r"(log_format|proxy_cache|limit_req|limit_conn|include|geo|set_real_ip)", line)]
    must = ["access_log off;", "proxy_request_buffering off;", "proxy_buffering off;", "proxy_max_temp_file_size 0;"]
    must += [f'proxy_set_header {name} "";' for name in ADDRESS_HEADERS]
    return found + [f"missing: {line}" for line in must if line not in lines]


def caddy_leaks(text: str) -> list[str]:
    lines, found = said(text), []
    found += [line for line in lines if line.startswith("output") and line != "output discard"]
    found += [line for line in lines if re.match(r"(log_|encode|trusted_proxies|debug|import /)", line) or "{remote" in line]
    found += [line for line in lines if line.startswith("header_up") and not line.startswith("header_up -")]
    if lines.count("log {") != 1 or not text.find("log {") < text.find("output discard") < text.find("(worn)"):
        found.append("log: once, for all of it, to nowhere")
    must = ["admin off", *(f"header_up -{name}" for name in ADDRESS_HEADERS)]
    found += [f"missing: {line}" for line in must if line not in lines]
    return found + (["a half without it"] if text.count("reverse_proxy ") != text.count("import half") else [])


def test_the_shipped_files_keep_nothing_and_pass_no_address_on() -> None:
    assert nginx_leaks(NGINX) == []
    assert caddy_leaks(CADDY) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    access_log off;", "    access_log /var/log/nginx/access.log;"),
        ("    access_log off;\n", ""),
        ("error_page 502 504 /down.html;", "error_page 502 504 /down.html; \n error_log /var/log/nginx/error.log;"),
        ('X-Forwarded-For "";', "X-Forwarded-For $proxy_add_x_forwarded_for;"),
        ('    proxy_set_header X-Real-IP "";\n', "    proxy_set_header X-Real-IP $remote_addr;\n"),
        ("    proxy_request_buffering off;", "    # proxy_request_buffering off;"),
    ],
)
def test_a_leak_planted_in_the_nginx_file_is_found(old: str, new: str) -> None:
    assert old in NGINX
    assert nginx_leaks(NGINX.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("		output discard", "		output file /var/log/caddy/all.log"),
        (
            "	import aftercall\n	request_body",
            "	import aftercall\n	log {\n		output discard\n	}\n	request_body",
        ),
        ("	header_up -X-Forwarded-For\n", ""),
        ("	header_up -X-Real-IP\n", "	header_up X-Real-IP {remote_host}\n"),
        ("	admin off\n", ""),
        ("unix//run/aftercall-care/web.sock {\n		import half\n	}", "unix//run/aftercall-care/web.sock"),
    ],
)
def test_a_leak_planted_in_the_caddy_file_is_found(old: str, new: str) -> None:
    assert old in CADDY
    assert caddy_leaks(CADDY.replace(old, new, 1))


def test_both_let_through_what_the_halves_let_through_and_have_a_name_for_each() -> None:
    nginx = [int(kb) * 1024 for kb in re.findall(r"client_max_body_size (\d+)k;", NGINX)]
    caddy = [int(kb) * 1024 for kb in re.findall(r"max_size (\d+)KiB", CADDY)]
    assert sorted(set(nginx)) == sorted(set(caddy)) == sorted({MOST, max(LARGER.values())})
    (where,) = re.findall(r"location ~ (\S+) ", NGINX)
    (paths,) = re.findall(r"@reports path (.+)", CADDY)
    for path in LARGER:
        assert re.match(where, path)
        assert any(path.startswith(one.rstrip("*")) for one in paths.split())
    for text in (NGINX, CADDY):
        assert "CARE_HOST" in text
        assert "INSIDE_HOST" in text
        assert "Strict-Transport-Security" in text


@pytest.mark.parametrize("half", ["care", "inside"])
def test_a_unit_keeps_what_is_in_memory_off_the_disk_and_lets_nobody_in(half: str) -> None:
    lines = said((DEPLOY / "systemd" / f"aftercall-{half}.service").read_text())
    name = f"aftercall-{half}"
    for must in (
        "LimitCORE=0", "MemorySwapMax=0", "UMask=0077", "StateDirectoryMode=0700", "RuntimeDirectoryMode=0750", "Restart=always",
        "NoNewPrivileges=yes", "ProtectSystem=strict", f"User={name}", f"StateDirectory={name}", f"RuntimeDirectory={name}",
    ):  # fmt: skip
        assert must in lines
    assert f"unix:/run/{name}/web.sock" in NGINX
    assert f"unix//run/{name}/web.sock" in CADDY


# as they run ---------------------------------------------------------------------------------------------------------------


class Behind:
    """A half that writes down what reaches it, and answers at once, or a moment after it has begun."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.heard.append(repr((scope["path"], scope["headers"], scope["client"])))
        while (await receive()).get("more_body"):
            pass
        head = [(b"strict-transport-security", b"max-age=31536000"), (b"referrer-policy", b"no-referrer")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"first.", "more_body": True})
        await asyncio.sleep(0.3 if scope["path"] == "/held" else 0)
        await send({"type": "http.response.body", "body": b"last."})


def nginx_at(folder: Path, port: int, cert: Path, key: Path, text: str) -> tuple[str, list[str]]:
    """The shipped file at another place: a port, a socket, a certificate, and its temporary files where we can look."""
    text = text.replace("user www-data;", "daemon off; master_process off;").replace("/run/nginx.pid", str(folder / "nginx.pid"))
    text = (
        text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("CARE_HOST", "localhost").replace("INSIDE_HOST", "in.side")
    )
    text = re.sub(r"(ssl_certificate) .*;", rf"\1 {cert};", re.sub(r"(ssl_certificate_key) .*;", rf"\1 {key};", text))
    text = text.replace("/run/aftercall-care/", f"{folder}/").replace("/etc/aftercall", str(DEPLOY))
    temp = " ".join(f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = text.replace("http {", "http {\n" + temp, 1)
    return text, ["/usr/sbin/nginx", "-p", str(folder), "-e", f"{folder}/first.log", "-c", f"{folder}/proxy.conf"]


def caddy_at(folder: Path, port: int, cert: Path, key: Path, text: str) -> tuple[str, list[str]]:
    text = text.replace("	admin off", "	admin off\n	auto_https disable_redirects\n	skip_install_trust", 1)
    text = text.replace("CARE_HOST {", f"https://localhost:{port} {{\n	tls {cert} {key}")
    text = text.replace("INSIDE_HOST {", f"https://in.side:{port} {{\n	tls {cert} {key}")
    text = text.replace("/run/aftercall-care/", f"{folder}/").replace("/etc/aftercall", str(DEPLOY))
    return text, ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/proxy.conf"]


PROXIES = {"nginx": (NGINX, nginx_at), "caddy": (CADDY, caddy_at)}


@contextlib.contextmanager
def proxy(name: str, folder: Path, port: int, change: Change, authority: Authority) -> Iterator[None]:
    text, at = PROXIES[name]
    cert, key, _ = authority.issue()
    shipped, words = at(folder, port, cert, key, change(text))
    (folder / "proxy.conf").write_text(shipped)
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "said.log").open("wb") as out, subprocess.Popen(words, stdout=out, stderr=out, env=home) as child:
        try:
            yield
        finally:
            child.terminate()
            child.wait(10)


async def _visits(port: int, folder: Path, authority: Authority) -> dict[str, httpx.Response]:
    """People come from canary addresses: they look, write, wait, send too much, know no TLS, and find nobody behind the proxy."""
    trusting, url = ssl.create_default_context(cafile=str(authority.pem)), f"https://localhost:{port}"
    got: dict[str, httpx.Response] = {}
    head = {"User-Agent": AGENT, **dict.fromkeys(ADDRESS_HEADERS, SENT)}
    lines = [
        httpx.AsyncClient(
            headers=head, timeout=20, transport=httpx.AsyncHTTPTransport(verify=trusting, http2=False, local_address=at)
        )
        for at in ADDRESSES
    ]
    async with lines[0] as one, lines[1] as two:
        behind = door(app := Behind(), "", 0, socket=str(folder / "web.sock"))
        serving = asyncio.create_task(behind.serve())
        got["page"] = await _until_there(one, url)
        got["letter"] = await two.post(f"{url}/care/v1/box", content=LETTER.ljust(MOST, b"."))
        got["large"] = await one.post(f"{url}/care/v1/box", content=LETTER.ljust(MOST + 1, b"."))
        got["lost"] = await two.get(f"{url}/nowhere")
        begun = time.monotonic()
        async with one.stream("GET", f"{url}/held") as held:
            pieces = [(time.monotonic() - begun, piece) async for piece in held.aiter_raw()]
        got["held"] = httpx.Response(held.status_code, headers=held.headers)
        assert pieces[0][1] == b"first."
        assert pieces[-1][0] - pieces[0][0] > 0.1  # what is said first comes first
        _, raw = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESSES[0], 0))
        raw.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: canary-agent\r\n\r\n")
        await raw.drain()
        raw.close()
        behind.should_exit = True
        await serving
        got["down"] = await two.get(f"{url}/care/v1/directory")
    got["page"].extensions["heard"] = app.heard
    return got


async def _until_there(line: httpx.AsyncClient, url: str) -> httpx.Response:
    for _ in range(200):
        with contextlib.suppress(httpx.TransportError):
            answer = await line.get(url)
            if answer.status_code == 200:
                return answer
        await asyncio.sleep(0.05)
    raise AssertionError("the proxy did not open")


def played(name: str, tmp_path: Path, change: Change = str) -> tuple[dict[str, httpx.Response], list[str]]:
    """What the visitors got, and where something of them is found: in files, and in what reached the half."""
    (folder := tmp_path / "proxy").mkdir()
    (tmp_path / "ca").mkdir()
    authority, (port,) = Authority(tmp_path / "ca"), free_ports(1)
    with proxy(name, folder, port, change, authority):
        got = asyncio.run(_visits(port, folder, authority))
        left = _traces({path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    left += _traces({path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    left += _traces({f"heard {n}": one.encode() for n, one in enumerate(got["page"].extensions["heard"])})
    return got, sorted(set(left))


def _traces(where: dict[str, bytes]) -> list[str]:
    canaries = [*ADDRESSES, AGENT, SENT, LETTER.decode()]
    return [f"{name}: {word}" for name, data in where.items() for word in canaries if word.encode() in data]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", ["nginx", *(["caddy"] if metafunc.config.getoption("--caddy") else [])])


def test_of_who_comes_by_the_proxy_no_trace_is_left(name: str, tmp_path: Path) -> None:
    got, left = played(name, tmp_path)
    assert left == []
    assert len(got["page"].extensions["heard"]) >= 4
    statuses = {what: answer.status_code for what, answer in got.items()}
    assert statuses == {"page": 200, "letter": 200, "large": 413, "lost": 200, "held": 200, "down": 502}
    assert [what for what, answer in got.items() if "DUTY_NUMBER" in answer.text] == ["down"]
    for what, answer in got.items():
        assert answer.headers.get_list("strict-transport-security") == ["max-age=31536000"], what
        assert answer.headers.get_list("referrer-policy") == ["no-referrer"], what
        assert "set-cookie" not in answer.headers
        assert not re.search(r"\d", answer.headers.get("server", ""))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("    access_log off;", "    access_log access.log;", "access.log"),
        ("error_log /dev/null emerg;", "error_log error.log info;", "error.log"),
        ('X-Forwarded-For "";', "X-Forwarded-For $remote_addr;", "heard"),
    ],
)
def test_a_proxy_that_keeps_something_is_caught(tmp_path: Path, old: str, new: str, where: str) -> None:
    _, left = played("nginx", tmp_path, lambda text: text.replace(old, new))
    assert any(one.startswith(where) for one in left)
