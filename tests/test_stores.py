"""Objects of a store read like files, whatever their format, one by one and as parts of one input."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections import UserDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import polars as pl
import pytest
import tables

from lossctl.readers import delimited, fast, stores, web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from pathlib import Path

    from conftest import Ran

PAIR = b"y_true,y_pred\n1,3\n"
BINARY = [
    *("members.npz", "records.npy", "plain.csv.bz2", "plain.csv.xz", "columns.parquet.gz", "batches.feather.xz"),
    *("stream.arrows", "stream.arrows.zst", "columns_without_a_telling_name"),
]
"""The formats whose bytes polars does not give."""
SCHEMES = ["s3"] if find_spec("moto") else ["s3", "gs", "az", "abfss"]
SECRET = "secret.csv"
UNWELL = "unwell.csv"
SILENT = "silent"
BROKEN = "broken.csv"
Store: TypeAlias = tuple["MutableMapping[str, bytes]", str]


class _Store(BaseHTTPRequestHandler):
    """What the stores and the web have in common: an object, or any range of it; and the list of a bucket."""

    objects: dict[str, bytes]
    ranges: list[tuple[int, int]]
    parts = True

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        if SILENT in self.path:
            threading.Event().wait()
        asked = parse_qs(urlsplit(self.path).query)
        prefix = asked.get("prefix", [""])[0]
        found = [(escape(name), len(data)) for name, data in self.objects.items() if name.startswith(prefix)]
        if asked and "/bucket" not in self.path:
            self.send_error(404)
        elif "list-type" in asked:
            self._list(
                "".join(
                    f"<Contents><Key>{name}</Key><Size>{size}</Size><ETag>1</ETag>"
                    "<LastModified>2024-02-29T00:00:00.000Z</LastModified></Contents>"
                    for name, size in found
                ),
                "<ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>",
            )
        elif "comp" in asked:
            self._list(
                "".join(
                    f"<Blob><Name>{name}</Name><Properties><Content-Length>{size}</Content-Length><Etag>1</Etag>"
                    "<Content-Type>text/csv</Content-Type><Last-Modified>Thu, 29 Feb 2024 00:00:00 GMT</Last-Modified>"
                    "</Properties></Blob>"
                    for name, size in found
                ),
                "<EnumerationResults><Blobs>{}</Blobs></EnumerationResults>",
            )
        else:
            self._answer(send=True)

    def _list(self, found: str, around: str) -> None:
        text = around.format(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, *, send: bool) -> None:
        name = unquote(urlsplit(self.path).path).removeprefix("/devstoreaccount1").removeprefix("/bucket/")
        if name in {SECRET, UNWELL} or name not in self.objects:
            self.send_error({SECRET: 403, UNWELL: 500}.get(name, 404))
            return
        data = self.objects[name]
        first, last = 0, len(data) - 1
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "") if data and self.parts else "")
        if asked is not None:
            first = int(asked[1]) if asked[1] else max(len(data) - int(asked[2]), 0)
            last = min(int(asked[2]), last) if asked[1] and asked[2] else last
        self.ranges.append((first, last))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(last + 1 - first))
        self.send_header("Last-Modified", "Thu, 29 Feb 2024 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.end_headers()
        if send:
            self.wfile.write(data[first : last if name == BROKEN else last + 1])

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # with fewer some of polars' connections are tried again after a second


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    """One server for all: polars keeps the connection to a bucket, whatever the environment says later.

    Where moto is installed it is its S3 server, else the small one above.
    """
    if find_spec("moto"):
        yield from _moto()
        return
    objects: dict[str, bytes] = {}
    _Store.objects, _Store.ranges = objects, []
    server = _Server(("127.0.0.1", 0), _Store)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield objects, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Bucket(UserDict[str, bytes]):
    """Objects that stand in a bucket of S3, too, where all may read them but the secret one."""

    def __init__(self, client: Any) -> None:  # boto3 makes its classes at run time
        super().__init__()
        self._client = client
        client.create_bucket(Bucket="bucket")

    def __setitem__(self, name: str, data: bytes) -> None:
        super().__setitem__(name, data)
        self._client.put_object(
            Bucket="bucket", Key=name, Body=data, ACL="private" if name == SECRET else "public-read"
        )

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._client.delete_object(Bucket="bucket", Key=name)


def _moto() -> Iterator[Store]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="who", aws_secret_access_key="secret"
    )
    yield _Bucket(client), address
    server.stop()


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The objects of the bucket `s3://bucket`, `gs://bucket` and so on, none yet, and where they are by HTTP."""
    objects, address = server
    objects.clear()
    for library in ("google.auth", "azure.identity"):  # polars would ask it for credentials
        monkeypatch.setitem(sys.modules, library, None)
    for name, value in {
        "POLARS_CLOUD_MAX_RETRIES": "1",
        "POLARS_CLOUD_RETRY_INIT_BACKOFF_MS": "1",
        "GOOGLE_BASE_URL": address,
        "GOOGLE_SKIP_SIGNATURE": "true",
        "AZURE_STORAGE_USE_EMULATOR": "true",
        "AZURITE_BLOB_STORAGE_URL": address,
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "who",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return objects, f"{address}/bucket"


@pytest.mark.parametrize("format", [format for format in tables.FORMATS if format not in BINARY])
def test_an_object_reads_like_a_file(format: str, store: Store, run: Callable[..., Ran], tmp_path: Path) -> None:
    objects, address = store
    objects[format] = tables.FORMATS[format](tables.regression(300))
    (tmp_path / format).write_bytes(objects[format])
    arguments = ("--by", "region", "-w", "w", "-f", "json")
    file = run("compute", "mse,huber", f"x={tmp_path / format}", *arguments)
    assert (file.code, file.err) == (0, "")
    urls = [*(f"{scheme}://bucket/{format}" for scheme in SCHEMES), f"{address}/{format}", f"{address}/{format}?v=1"]
    for url in urls:
        expected = file.out.replace(str(tmp_path / format), url)
        assert run("compute", "mse,huber", f"x={url}", *arguments) == file.__class__(0, expected, "")


PIPES = [
    ("s3://bucket/{}", "aws s3 cp s3://bucket/{} -"),
    ("gs://bucket/{}", "gcloud storage cat gs://bucket/{}"),
    (
        "az://bucket/{}",
        'az storage blob download --no-progress --account-name "$AZURE_STORAGE_ACCOUNT_NAME" -c bucket -n {}',
    ),
]


@pytest.mark.parametrize("format", BINARY)
def test_what_polars_gives_no_bytes_of_comes_through_a_pipe(format: str, store: Store, run: Callable[..., Ran]) -> None:
    store[0][format] = tables.FORMATS[format](tables.regression(300))
    for url, command in ((url.format(format), command.format(format)) for url, command in PIPES[: len(SCHEMES)]):
        pipe = f"{command} | lossctl compute mse -"
        ran = run("compute", "mse", url)
        assert (ran.code, ran.out) == (2, "")
        first, help = ran.err.splitlines()
        if format.startswith(("columns.", "stream.")):
            name = "Parquet" if "parquet" in format else "Arrow"
            assert first.endswith(
                f"/{format}: the {name} data are cut off, damaged or of a kind that is not known here"
            )
            assert help == f"  help: {pipe} reads more kinds"
        else:
            assert first == f"lossctl: {url}: it holds bytes that are no UTF-8 text"
            assert help == f"  help: --input-format parquet reads it as Parquet, and {pipe} as any other format"


@pytest.mark.parametrize("format", BINARY)
def test_the_web_gives_bytes_of_any_format(format: str, store: Store, run: Callable[..., Ran], tmp_path: Path) -> None:
    store[0][format] = tables.FORMATS[format](tables.regression(300))
    (tmp_path / format).write_bytes(store[0][format])
    arguments = ("--by", "region", "-w", "w", "-f", "csv")
    assert run("compute", "mse,huber", f"x={store[1]}/{format}", *arguments) == run(
        "compute", "mse,huber", f"x={tmp_path / format}", *arguments
    )


def test_a_name_that_tells_nothing_is_told(store: Store, run: Callable[..., Ran]) -> None:
    store[0]["a"] = tables.parquet({"y_true": [1, 2, 3], "y_pred": [1, 2, 6]})
    ran = run("compute", "mse", "s3://bucket/a", "--input-format", "parquet", "-f", "value")
    assert (ran.code, ran.out, ran.err) == (0, "3.0\n", "")
    store[0]["a.parquet"] = PAIR
    assert run("compute", "mse", "s3://bucket/a.parquet", "--input-format", "csv", "-f", "value").out == "4.0\n"


def test_a_large_object_goes_through_the_blocks(
    store: Store, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    objects, _ = store
    objects["a.csv"] = tables.delimited(tables.regression(500))
    objects["b.csv"] = objects["a.csv"] + b"r500,1,abc,1,north\n"
    objects["c.csv.gz"] = gzip.compress(objects["a.csv"])
    careful = run("compute", "mse", "s3://bucket/a.csv", "-f", "value")
    assert (careful.code, careful.err) == (0, "")
    monkeypatch.setattr(delimited, "LARGE", 0)
    monkeypatch.setattr(fast, "BLOCK", 1000)
    assert run("compute", "mse", "s3://bucket/a.csv", "-f", "value") == careful
    assert run("compute", "mse", "s3://bucket/c.csv.gz", "-f", "value") == careful
    ran = run("compute", "mse", "s3://bucket/b.csv")
    assert ran.err.startswith('lossctl: s3://bucket/b.csv:502: column "y_pred": cannot read "abc" as a number\n')


@pytest.mark.parametrize("scheme", SCHEMES)
def test_seven_parts_and_hive_folders_read_like_one_file(
    scheme: str, store: Store, run: Callable[..., Ran], tmp_path: Path
) -> None:
    objects, _ = store
    table = tables.regression(300)
    (tmp_path / "a.csv").write_bytes(tables.delimited(table))
    for index in range(7):
        part = {name: cells[43 * index : 43 * index + 43] for name, cells in table.items()}
        objects[f"csv/part-{2 * index}.csv"] = tables.delimited(part)
        objects[f"deep/{index}/part.ndjson.gz"] = gzip.compress(tables.FORMATS["lines.ndjson"](part))
        objects[f"parquet/part-{2 * index}.parquet"] = tables.parquet(part)
    for region in ("north", "south", "3", "12"):
        rows = [row for row in range(300) if table["region"][row] == region]
        part = {name: [cells[row] for row in rows] for name, cells in table.items() if name != "region"}
        objects[f"hive/region={region}/a.csv"] = tables.delimited(part)
    for name in ("csv/_SUCCESS", "csv/.part.crc", "csv/_tmp/a.csv", "hive/notes"):
        objects[name] = b"more"
    arguments = ("--by", "region", "-w", "w", "-f", "csv")
    file = run("compute", "mse,huber", f"x={tmp_path / 'a.csv'}", *arguments)
    for path in (
        *("csv/", "c?v/part-*.csv", "csv/part-[0-9]*", "deep/", "deep/*/part.*", "**/*.gz"),
        *("parquet/", "*t", "parquet/*.parquet", "hive/", "hive/region=*", "hive/**/*.csv"),
    ):
        assert run("compute", "mse,huber", f"x={scheme}://bucket/{path}", *arguments) == file, path
    shown = run("breakdown", "mse", f"{scheme}://bucket/csv/", "--id", "id", "-f", "csv", "--all").out
    assert shown == run("breakdown", "mse", f"{tmp_path / 'a.csv'}", "--id", "id", "-f", "csv", "--all").out
    assert "1 other file left out" in run("compute", "mse", f"{scheme}://bucket/hive/").out


MANY = {
    "p/part-1.csv": PAIR,
    "p/part-10.csv": PAIR + b"1,x\n",
    "p/part-2.csv": PAIR,
    "p/b.txt": b"1",
    "only/c.txt": b"1",
}
TOLD = [
    ("{}://bucket/none.csv", "the store has no such object", "the name of a folder ends with /"),
    ("{}://bucket/p", "the store has no such object", "the name of a folder ends with /"),
    ("{}://bucket/*.json", "no object matches this pattern", "* stands for any letters, ** for any folders"),
    (
        "{}://bucket/only/",
        'the store holds no object of a format known here under this name; there is "{}://bucket/only/c.txt"',
        "a quoted pattern takes objects of any name, like '{}://bucket/only/*.txt'",
    ),
    ("{}://", "it names no object", "objects are named like s3://bucket/preds.csv"),
    ("{}://bucket/empty.csv", "it is empty", "a header and at least one row are needed"),
    ("{}://bucket/cut.csv.gz", "the compressed data are cut off or damaged", "make the object again"),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("url", "found", "help"), TOLD, ids=[url for url, _, _ in TOLD])
def test_what_cannot_be_read_is_told(
    scheme: str, url: str, found: str, help: str, store: Store, run: Callable[..., Ran]
) -> None:
    url, found, help = (text.replace("{}", scheme) for text in (url, found, help))
    text = tables.delimited(tables.regression(3000))
    store[0].update(MANY, **{"empty.csv": b"", "cut.csv.gz": gzip.compress(text)[:-9]})
    ran = run("compute", "mse", url)
    assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {url}: {found}\n  help: {help}\n")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_bucket_that_is_not_there_is_told(scheme: str, run: Callable[..., Ran]) -> None:
    ran = run("compute", "mse", f"{scheme}://nowhere/p/")
    assert (ran.code, ran.err) == (2, f"lossctl: {scheme}://nowhere/p/: the store has no such bucket\n")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_name_that_polars_does_not_take_is_told(scheme: str, run: Callable[..., Ran], store: Store) -> None:
    store[0]["odd/x//a.csv"] = PAIR
    for url, help in (
        (f"{scheme}://bucket/odd/", "--debug shows it; name the other objects one by one"),
        (f"{scheme}://bucket/odd/x//a.csv", f"{stores.pipe(f'{scheme}://bucket/odd/x//a.csv')} reads it"),
    ):
        ran = run("compute", "mse", url)
        told = f"lossctl: {url}: an object has a name that polars does not take\n  help: {help}\n"
        assert (ran.code, ran.err) == (2, told)


MARKS = ["blank in/ü b.csv", "per%3A/cent%20.csv", "ti~l#d/+a&b.csv", "q{1}/a.csv", "r[1/a.csv"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", MARKS)
def test_any_mark_may_stand_in_a_name(name: str, scheme: str, store: Store, run: Callable[..., Ran]) -> None:
    folder = name.partition("/")[0]
    store[0].update({name: PAIR, f"{folder}/other.txt": b"1"})
    for path in (name, f"{folder}/", f"{folder}/*.csv"):
        ran = run("compute", "mse", f"{scheme}://bucket/{path}", "-f", "value")
        assert (ran.code, ran.out) == (0, "4.0\n"), (path, ran.err)


def test_a_batch_that_polars_lost_before_a_fault_is_not_read_over(
    store: Store, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(frame: pl.LazyFrame, **_: object) -> Iterator[pl.DataFrame]:
        lines = frame.collect()
        yield lines[500:2500]
        yield lines[2500:]
        raise OSError("corrupt deflate stream")

    store[0]["a.csv"] = tables.delimited(tables.regression(3000))
    monkeypatch.setattr(pl.LazyFrame, "collect_batches", lost)
    ran = run("compute", "mse", "s3://bucket/a.csv")
    assert ran.err == (
        "lossctl: s3://bucket/a.csv: the compressed data are cut off or damaged\n  help: make the object again\n"
    )


WHO = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION say who asks; ",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS says who asks; ",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY say who asks; ",
}
small = pytest.mark.skipif(find_spec("moto") is not None, reason="moto refuses, fails and breaks off nothing")


@small
@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_a_store_that_refuses_or_fails_is_told(scheme: str, format: str, store: Store, run: Callable[..., Ran]) -> None:
    for name, found in (
        (SECRET, "the store does not let you read it"),
        (UNWELL, "the store did not answer, or gave nothing"),
        (BROKEN, "the store did not answer, or gave nothing"),
    ):
        store[0][name] = tables.FORMATS[{"csv": "plain.csv", "parquet": "columns.parquet"}[format]](
            tables.regression(300)
        )
        url = f"{scheme}://bucket/{name}"
        ran = run("compute", "mse", url, "--input-format", format)
        help = f"{WHO[scheme]}--debug shows what was answered"
        assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {url}: {found}\n  help: {help}\n")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "p/"])
@pytest.mark.parametrize(
    "fault",
    [
        OSError("error sending request for url (https://bucket.s3.amazonaws.com/)\n\nCaused by:\n    dns error"),
        type("DefaultCredentialsError", (Exception,), {})("Your default credentials were not found."),
    ],
    ids=["no network", "no credentials"],
)
def test_what_other_libraries_raise_below_polars_is_told(
    fault: Exception, name: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def raised(*_: object, **__: object) -> None:
        warnings.warn("'(default_)region' not set", stacklevel=1)
        raise fault

    for function in ("collect", "collect_schema", "collect_batches"):
        monkeypatch.setattr(pl.LazyFrame, function, raised)
    with warnings.catch_warnings(record=True) as warned:
        ran = run("compute", "mse", f"s3://bucket/{name}")
    assert (ran.code, warned, ran.err) == (
        2,
        [],
        f"lossctl: s3://bucket/{name}: the store did not answer, or gave nothing\n"
        f"  help: {WHO['s3']}--debug shows what was answered\n",
    )


@small
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", ["silent.csv", "silent.parquet", "silent/"])
def test_a_store_that_says_nothing_is_told(name: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "PATIENCE", 0.2)
    url = f"s3://bucket/{name}"
    seconds, help = (
        (1, "a longer prefix has fewer objects")
        if name.endswith("/")
        else (0.2, f"aws s3 cp {url} - | lossctl compute mse - waits longer")
    )
    ran = run("compute", "mse", url)
    assert (ran.code, ran.err) == (
        2,
        f"lossctl: {url}: the store has given nothing for {seconds} seconds\n  help: {help}\n",
    )


@small
@pytest.mark.skipif(signal.getsignal(signal.SIGINT) == signal.SIG_IGN, reason="background jobs ignore interrupts")
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_an_interrupt_ends_the_wait_for_a_store(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "lossctl", "compute", "mse", f"s3://bucket/{name}"],
            env={**os.environ, "AWS_ENDPOINT_URL": address},
            stderr=subprocess.PIPE,
            text=True,
        )
        with silent.accept()[0]:
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=20)[1] == "lossctl: interrupted\n"
    assert process.returncode == 130


@small
def test_few_bytes_are_on_their_way_at_a_time(store: Store, run: Callable[..., Ran]) -> None:
    store[0]["a.csv"] = b"y_true,y_pred,note\n" + b"1,3,%s\n" % (b"x" * 4000) * 8000
    _Store.ranges.clear()
    assert run("compute", "mse", "s3://bucket/a.csv", "-f", "value").out == "4.0\n"
    assert max(last - first for first, last in _Store.ranges) <= 9 << 20
    assert len(_Store.ranges) >= 4


@small
def test_what_the_web_answers_with_is_told(
    store: Store, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "PATIENCE", 0.2)
    text = tables.delimited(tables.regression(300))
    store[0].update({BROKEN: text, SILENT: PAIR})
    credentials = "\n  help: curl -sSfL {} | lossctl compute mse - can be given credentials"
    for url, found in (
        (f"{store[1]}/none.csv", "the server answered 404 Not Found"),
        (f"{store[1]}/{SECRET}", f"the server answered 403 Forbidden{credentials}"),
        (f"{store[1]}/{UNWELL}", "the server answered 500 Internal Server Error"),
        (f"{store[1]}/{SILENT}", "the server did not answer: timed out"),
        (f"{store[1]}/{BROKEN}", f"the server broke off after {len(text) - 1:,} bytes\n  help: {AGAIN}"),
        ("http://127.0.0.1:1/a.csv", "the server did not answer: Connection refused"),
        ("http://nowhere.invalid/a.csv", "the server did not answer: Name or service not known"),
        ("http://", "the server did not answer: no host given"),
        ("http://127.0.0.1:port/", "the server did not answer: nonnumeric port: 'port'"),
    ):
        ran = run("compute", "mse", url)
        assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {url}: {found.format(url)}\n")


AGAIN = "the same command may get all of it"


def test_an_address_may_be_written_as_a_browser_shows_it(store: Store, run: Callable[..., Ran]) -> None:
    store[0]["ü b.csv"] = PAIR
    for name in ("ü b.csv", "%C3%BC%20b.csv", "ü%20b.csv?v=1"):
        assert run("compute", "mse", f"{store[1]}/{name}", "-f", "value").out == "4.0\n"


def test_the_web_keeps_line_ends_within_quotes_and_a_store_does_not(store: Store, run: Callable[..., Ran]) -> None:
    store[0]["a.csv"] = b'id,y_true,y_pred\r\n"a\r\nb",1,3\r\n'
    shown = ("breakdown", "mse", "--id", "id", "-f", "ndjson", "--all")
    assert json.loads(run(*shown, f"{store[1]}/a.csv").out)["id"] == "a\r\nb"
    assert json.loads(run(*shown, "s3://bucket/a.csv").out)["id"] == "a\nb"


@small
def test_a_server_that_gives_only_whole_objects_is_read_whole(
    store: Store, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    store[0].update({"a.csv": PAIR, "a.parquet": tables.parquet({"y_true": [1], "y_pred": [3]})})
    monkeypatch.setattr(_Store, "parts", False)
    assert run("compute", "mse", f"{store[1]}/a.csv", "-f", "value").out == "4.0\n"
    url = f"{store[1]}/a.parquet"
    ran = run("compute", "mse", url)
    assert (ran.code, ran.err) == (
        2,
        f"lossctl: {url}: the server gives objects only whole\n  help: curl -sSfL {url} | lossctl compute mse - reads it\n",
    )


def test_an_error_names_the_part(store: Store, run: Callable[..., Ran]) -> None:
    store[0].update(MANY)
    ran = run("compute", "mse", "s3://bucket/p/")
    assert ran.err.splitlines()[0] == (
        'lossctl: s3://bucket/p/part-10.csv:3: column "y_pred": cannot read "x" as a number'
    )
    store[0]["p/part-3.csv"] = b"y_true,y_pred,z\n1,2,3\n"
    assert run("compute", "mse", "s3://bucket/p/").err.splitlines()[0] == (
        'lossctl: s3://bucket/p/part-3.csv: column "z" is new, which s3://bucket/p/part-1.csv lacks'
    )


def test_an_address_that_looks_like_a_pattern_is_one_object(store: Store, run: Callable[..., Ran]) -> None:
    store[0]["a[1]*.csv"] = PAIR
    assert run("compute", "mse", "s3://bucket/a[1]*.csv", "-f", "value").out == "4.0\n"
    assert run("compute", "mse", f"{store[1]}/a[1]*.csv", "-f", "value").out == "4.0\n"


def test_bytes_that_are_no_text_are_told_with_what_stands_before_them(store: Store, run: Callable[..., Ran]) -> None:
    lines = 2_000_000
    store[0]["a.csv"] = b"y_true,y_pred\n" + b"1,3\n" * lines + b"1,\xff\n"
    told = run("compute", "mse", "s3://bucket/a.csv").err.splitlines()[0]
    behind = re.fullmatch(
        r"lossctl: s3://bucket/a\.csv: it holds bytes behind line ([0-9,]+) that are no UTF-8 text", told
    )
    assert behind is not None, told
    assert lines - 500_000 < int(behind[1].replace(",", "")) <= lines + 1


def test_no_command_that_mends_cuts_an_object(store: Store, run: Callable[..., Ran], tmp_path: Path) -> None:
    percents = tables.delimited(
        {"y_true": [row / 100 for row in range(100)], "y_pred": [float(row) for row in range(100)]}
    )
    store[0]["a.csv"] = percents
    (tmp_path / "a.csv").write_bytes(percents)
    assert "awk" in run("compute", "mse", str(tmp_path / "a.csv")).err
    ran = run("compute", "mse", "s3://bucket/a.csv")
    assert "percent" in ran.err
    assert "awk" not in ran.err


@pytest.mark.parametrize(
    ("url", "command"),
    [
        ("s3://bucket/a.csv", "aws s3 cp s3://bucket/a.csv -"),
        ("gs://bucket/p.parquet", "gcloud storage cat gs://bucket/p.parquet"),
        (
            "abfss://bucket@place.dfs.core.windows.net/p q/a.csv",
            "az storage blob download --no-progress --account-name place -c bucket -n 'p q/a.csv'",
        ),
    ],
)
def test_without_the_extra_a_store_is_told(
    url: str, command: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    ran = run("compute", "mse", url)
    assert (ran.code, ran.err) == (
        2,
        f"lossctl: {url}: a store is read with the extra fast\n"
        f"  help: python -m pip install 'lossctl[fast]', or {command} | lossctl compute mse -\n",
    )


def test_without_the_extra_the_web_is_read(
    store: Store, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    store[0]["a.csv"] = PAIR
    monkeypatch.setitem(sys.modules, "polars", None)
    assert run("compute", "mse", f"{store[1]}/a.csv", "-f", "value").out == "4.0\n"
    url = f"{store[1]}/a.parquet"
    assert run("compute", "mse", url).err == (
        f"lossctl: {url}: Parquet needs the extra fast\n"
        "  help: python -m pip install 'lossctl[fast]', or export the table as CSV\n"
    )
