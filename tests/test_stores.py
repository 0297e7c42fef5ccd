"""Objects of a store read like files, whatever their format, one by one and as parts of one input."""

from __future__ import annotations

import gzip
import re
import sys
import threading
from collections import UserDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import polars as pl
import pytest
import tables

from lossctl.readers import delimited, fast

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
STATUS = {SECRET: 403, "unwell.csv": 500}
SILENT = "silent"
BROKEN = "broken.csv"
Store: TypeAlias = tuple["MutableMapping[str, bytes]", str]


class _Store(BaseHTTPRequestHandler):
    """What the stores and the web have in common: an object, or any range of it; and the list of a bucket."""

    objects: dict[str, bytes]
    ranges: list[tuple[int, int]]
    woken: threading.Event

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        prefix = asked.get("prefix", [""])[0]
        found = [(escape(name), len(data)) for name, data in self.objects.items() if name.startswith(prefix)]
        if "list-type" in asked:
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
        if name.startswith(SILENT):
            self.woken.wait()
        if name in STATUS or name not in self.objects:
            self.send_error(STATUS.get(name, 404))
            return
        data = self.objects[name]
        first, last = 0, len(data) - 1
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", "") if data else "")
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


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    """One server for all: polars keeps the connection to a bucket, whatever the environment says later.

    Where moto is installed it is its S3 server, else the small one above.
    """
    if find_spec("moto"):
        yield from _moto()
        return
    objects: dict[str, bytes] = {}
    _Store.objects, _Store.ranges, _Store.woken = objects, [], threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Store)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield objects, f"http://127.0.0.1:{server.server_port}"
    _Store.woken.set()
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


def test_seven_parts_and_hive_folders_read_like_one_file(store: Store, run: Callable[..., Ran], tmp_path: Path) -> None:
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
        assert run("compute", "mse,huber", f"x=s3://bucket/{path}", *arguments) == file, path
    shown = run("breakdown", "mse", "s3://bucket/csv/", "--id", "id", "-f", "csv", "--all").out
    assert shown == run("breakdown", "mse", f"{tmp_path / 'a.csv'}", "--id", "id", "-f", "csv", "--all").out
    assert "1 other file left out" in run("compute", "mse", "s3://bucket/hive/").out


MANY = {
    "p/part-1.csv": PAIR,
    "p/part-10.csv": PAIR + b"1,x\n",
    "p/part-2.csv": PAIR,
    "p/b.txt": b"1",
    "only/c.txt": b"1",
}
TOLD = [
    ("s3://bucket/none.csv", "the store has no such object", "the name of a folder ends with /"),
    ("s3://bucket/p", "the store has no such object", "the name of a folder ends with /"),
    ("s3://bucket/*.json", "no object matches this pattern", "* stands for any letters, ** for any folders"),
    (
        "s3://bucket/only/",
        'the store holds no object of a format known here under this name; there is "s3://bucket/only/c.txt"',
        "a quoted pattern takes objects of any name, like 's3://bucket/only/*.txt'",
    ),
    ("s3://", "it names no object", "objects are named like s3://bucket/preds.csv"),
    ("s3://bucket/empty.csv", "it is empty", "a header and at least one row are needed"),
    ("s3://bucket/cut.csv.gz", "the compressed data are cut off or damaged", "make the object again"),
    (
        "s3://bucket/latin.csv",
        "it holds bytes that are no UTF-8 text",
        "--input-format parquet reads it as Parquet, and aws s3 cp s3://bucket/latin.csv - | lossctl compute mse - "
        "as any other format",
    ),
]


@pytest.mark.parametrize(("url", "found", "help"), TOLD, ids=[url for url, _, _ in TOLD])
def test_what_cannot_be_read_is_told(url: str, found: str, help: str, store: Store, run: Callable[..., Ran]) -> None:
    text = tables.delimited(tables.regression(3000))
    store[0].update(MANY, **{"empty.csv": b"", "cut.csv.gz": gzip.compress(text)[:-9], "latin.csv": b"\xe4,b\n1,2\n"})
    ran = run("compute", "mse", url)
    assert (ran.code, ran.out, ran.err) == (2, "", f"lossctl: {url}: {found}\n  help: {help}\n")


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


def test_what_may_not_be_read_is_told(store: Store, run: Callable[..., Ran]) -> None:
    store[0][SECRET] = PAIR
    ran = run("compute", "mse", f"{store[1]}/{SECRET}")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        f"lossctl: {store[1]}/{SECRET}: the store does not let you read it\n"
        "  help: credentials are taken from the environment; --debug shows the answer of the store\n",
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


@pytest.mark.parametrize("name", ["a.parquet", "a.csv"])
def test_without_the_extra_a_store_is_told(name: str, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    ran = run("compute", "mse", f"s3://bucket/{name}")
    assert (ran.code, ran.err) == (
        2,
        f"lossctl: s3://bucket/{name}: a store is read with the extra fast\n"
        f"  help: python -m pip install 'lossctl[fast]', or aws s3 cp s3://bucket/{name} - | lossctl compute mse -\n",
    )
