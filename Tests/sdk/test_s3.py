"""S3 with unmodified boto3: buckets, objects, listings, copies, multipart uploads, presigned URLs, refusals."""

import base64
import contextlib
import hashlib
import io
import os
import urllib.error
import urllib.request

import pytest
from boto3.s3.transfer import TransferConfig
from botocore import UNSIGNED
from botocore.config import Config

from conftest import ENDPOINT, make_client, refused

MB = 1024 * 1024


@contextlib.contextmanager
def unserved(name):
    with refused("NotImplemented") as refusal:
        yield
    assert refusal.status == 501
    assert name in refusal.message


def s3_client(**settings):
    settings.setdefault("s3", {"addressing_style": "path"})
    return make_client(
        "s3",
        config=Config(connect_timeout=3, read_timeout=30, retries={"total_max_attempts": 1}, **settings),
    )


@pytest.fixture(scope="module")
def s3():
    return s3_client()


@pytest.fixture
def bucket(s3, name):
    s3.create_bucket(Bucket=name)
    yield name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


# Buckets


def test_buckets_come_and_go(s3, name):
    s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket=name)
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket=name)
    s3.get_waiter("bucket_exists").wait(Bucket=name)
    s3.delete_bucket(Bucket=name)
    with refused("404"):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket"):
        s3.list_objects_v2(Bucket=name)


def test_bucket_of_another_region(name):
    client = make_client("s3", region_name="eu-west-1")
    with refused("IllegalLocationConstraintException"):
        client.create_bucket(Bucket=name)
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert client.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    with refused("BucketAlreadyOwnedByYou"):
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.delete_bucket(Bucket=name)


def test_bucket_with_objects_stays(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)


# Objects


def test_object_comes_back_with_its_headers(s3, bucket):
    body = os.urandom(100_000)
    put = s3.put_object(
        Bucket=bucket, Key="a folder/ü+%?.bin", Body=body, ContentType="image/png", CacheControl="max-age=5",
        Metadata={"color": "blue", "Size": "10"},
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert put["ChecksumCRC32"]
    got = s3.get_object(Bucket=bucket, Key="a folder/ü+%?.bin")
    assert got["Body"].read() == body
    assert got["ContentType"] == "image/png"
    assert got["CacheControl"] == "max-age=5"
    assert got["Metadata"] == {"color": "blue", "size": "10"}
    assert got["ChecksumCRC32"] == put["ChecksumCRC32"]
    head = s3.head_object(Bucket=bucket, Key="a folder/ü+%?.bin")
    assert head["ContentLength"] == len(body)
    assert head["ETag"] == put["ETag"]
    assert head["LastModified"] == got["LastModified"]


def test_empty_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="empty")
    got = s3.get_object(Bucket=bucket, Key="empty")
    assert got["Body"].read() == b""
    assert got["ContentType"] == "binary/octet-stream"
    s3.put_object(Bucket=bucket, Key="folder/")
    assert [e["Key"] for e in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["empty", "folder/"]


def test_ranges(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    def read(text):
        answer = s3.get_object(Bucket=bucket, Key="k", Range=text)
        return answer["Body"].read(), answer.get("ContentRange")

    assert read("bytes=2-4") == (b"234", "bytes 2-4/10")
    assert read("bytes=7-") == (b"789", "bytes 7-9/10")
    assert read("bytes=-2") == (b"89", "bytes 8-9/10")
    assert read("bytes=5-100") == (b"56789", "bytes 5-9/10")
    with refused("InvalidRange"):
        read("bytes=10-")


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    with refused("304"):
        s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=etag)
    with refused("PreconditionFailed"):
        s3.get_object(Bucket=bucket, Key="k", IfMatch='"nonsense"')
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    with refused("304"):
        s3.head_object(Bucket=bucket, Key="k", IfModifiedSince=modified)
    with refused("PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    with refused("PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch='"nonsense"')
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    s3.put_object(Bucket=bucket, Key="new", Body=b"3", IfNoneMatch="*")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_response_headers_on_request(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    got = s3.get_object(
        Bucket=bucket, Key="k", ResponseContentType="text/x-special", ResponseContentDisposition="attachment"
    )
    assert got["ContentType"] == "text/x-special"
    assert got["ContentDisposition"] == "attachment"


def test_missing_things(s3, bucket, name):
    with refused("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="nothing")
    with refused("404"):
        s3.head_object(Bucket=bucket, Key="nothing")
    with refused("NoSuchBucket"):
        s3.put_object(Bucket=name + "-other", Key="k", Body=b"")
    s3.delete_object(Bucket=bucket, Key="nothing")


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_compared(s3, bucket, algorithm):
    answer = s3.put_object(Bucket=bucket, Key="k", Body=b"content", ChecksumAlgorithm=algorithm)
    assert answer[f"Checksum{algorithm}"]
    wrong = base64.b64encode(b"\0" * {"CRC32": 4, "SHA1": 20, "SHA256": 32}[algorithm]).decode()
    with refused("BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"other", **{f"Checksum{algorithm}": wrong})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"


def test_md5_is_compared(s3, bucket):
    good = base64.b64encode(hashlib.md5(b"content").digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=b"content", ContentMD5=good)
    with refused("BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"other", ContentMD5=good)
    with refused("InvalidDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"other", ContentMD5="bm9uc2Vuc2U=")


def test_several_are_deleted_at_once(s3, bucket):
    for key in "abc":
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}, {"Key": "x"}]})
    assert [d["Key"] for d in answer["Deleted"]] == ["a", "b", "x"]
    assert [e["Key"] for e in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["c"]


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from ü", Body=b"content", Metadata={"a": "1"}, ContentType="text/plain")
    copy = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from ü"})
    assert copy["CopyObjectResult"]["ETag"] == s3.head_object(Bucket=bucket, Key="from ü")["ETag"]
    s3.delete_object(Bucket=bucket, Key="from ü")
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (b"content", {"a": "1"}, "text/plain")
    with refused("InvalidRequest"):
        s3.copy_object(Bucket=bucket, Key="to", CopySource=f"{bucket}/to")
    s3.copy_object(
        Bucket=bucket, Key="to", CopySource=f"{bucket}/to", MetadataDirective="REPLACE", Metadata={"b": "2"}
    )
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"b": "2"}
    with refused("NoSuchKey"):
        s3.copy_object(Bucket=bucket, Key="to", CopySource=f"{bucket}/nothing")


# Listings


def test_listing_with_delimiter(s3, bucket):
    for key in ["a", "b/1", "b/2", "c/1/x", "d"]:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    answer = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [e["Key"] for e in answer["Contents"]] == ["a", "d"]
    assert [p["Prefix"] for p in answer["CommonPrefixes"]] == ["b/", "c/"]
    assert answer["KeyCount"] == 4
    inner = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="b/")
    assert [e["Key"] for e in inner["Contents"]] == ["b/1", "b/2"]
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="b/1", FetchOwner=True)
    assert [e["Key"] for e in after["Contents"]] == ["b/2", "c/1/x", "d"]
    assert after["Contents"][0]["Owner"]["DisplayName"] == "000000000000"


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_listing_in_pages(s3, bucket, operation, delimiter):
    keys = [f"{n % 5}/{n:03}ü" for n in range(20)] + ["x y", "z"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    found = []
    pages = 0
    for page in s3.get_paginator(operation).paginate(
        Bucket=bucket, Delimiter=delimiter, PaginationConfig={"PageSize": 3}
    ):
        pages += 1
        found += [e["Key"] for e in page.get("Contents", [])]
        found += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
    expected = sorted(keys) if not delimiter else ["0/", "1/", "2/", "3/", "4/", "x y", "z"]
    assert sorted(found) == expected
    assert pages == -(-len(expected) // 3)


# Multipart


def test_a_large_file_goes_up_and_comes_down(s3, bucket, tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(os.urandom(20 * MB + 17))
    s3.upload_file(str(source), bucket, "large", ExtraArgs={"Metadata": {"a": "1"}})
    head = s3.head_object(Bucket=bucket, Key="large")
    assert head["ContentLength"] == 20 * MB + 17
    assert head["ETag"].endswith('-3"')
    assert head["Metadata"] == {"a": "1"}
    s3.download_file(bucket, "large", str(target))
    assert target.read_bytes() == source.read_bytes()
    # Without ranges in one answer, and a range over the seam of two parts.
    assert s3.get_object(Bucket=bucket, Key="large")["Body"].read() == source.read_bytes()
    seam = s3.get_object(Bucket=bucket, Key="large", Range=f"bytes={8 * MB - 2}-{8 * MB + 1}")["Body"].read()
    assert seam == source.read_bytes()[8 * MB - 2 : 8 * MB + 2]
    # A managed copy takes parts of the source.
    s3.copy(
        {"Bucket": bucket, "Key": "large"}, bucket, "copy",
        Config=TransferConfig(multipart_threshold=8 * MB, multipart_chunksize=8 * MB),
    )
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == source.read_bytes()


def test_multipart_by_hand(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ContentType="text/plain")["UploadId"]
    part = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    first = s3.upload_part(**part, PartNumber=1, Body=b"a" * (5 * MB))["ETag"]
    s3.upload_part(**part, PartNumber=2, Body=b"to be replaced")
    second = s3.upload_part(**part, PartNumber=2, Body=b"end")["ETag"]
    s3.upload_part(**part, PartNumber=7, Body=b"not wanted")
    listed = s3.list_parts(**part)["Parts"]
    assert [(p["PartNumber"], p["Size"]) for p in listed] == [(1, 5 * MB), (2, 3), (7, 10)]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    with refused("NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="k")

    def complete(*parts):
        return s3.complete_multipart_upload(
            **part, MultipartUpload={"Parts": [{"PartNumber": n, "ETag": e} for n, e in parts]}
        )

    with refused("InvalidPartOrder"):
        complete((2, second), (1, first))
    with refused("InvalidPart"):
        complete((1, first), (3, second))
    with refused("EntityTooSmall"):
        complete((2, second), (7, listed[2]["ETag"]))
    complete((1, first), (2, second))
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"a" * (5 * MB) + b"end"
    assert got["ContentType"] == "text/plain"
    with refused("NoSuchUpload"):
        s3.abort_multipart_upload(**part)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_an_upload_is_given_up(s3, bucket):
    part = {"Bucket": bucket, "Key": "k"}
    part["UploadId"] = s3.create_multipart_upload(**part)["UploadId"]
    s3.upload_part(**part, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**part)
    with refused("NoSuchUpload"):
        s3.upload_part(**part, PartNumber=1, Body=b"x")


# Addresses and signatures


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls(s3, bucket, version):
    client = s3_client(signature_version=version)
    put = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"})
    request = urllib.request.Request(put, data=b"by a plain client", method="PUT")
    assert urllib.request.urlopen(request).status == 200
    get = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert urllib.request.urlopen(get).read() == b"by a plain client"
    late = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=-5)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(late)
    assert caught.value.code in (400, 403)


def test_unsigned_reads(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert urllib.request.urlopen(f"{ENDPOINT}/{bucket}/k").read() == b"x"
    anonymous = s3_client(signature_version=UNSIGNED)
    assert anonymous.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_bucket_in_the_host(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    for host in [f"{bucket}.localhost:4566", f"{bucket}.s3.us-east-1.amazonaws.com"]:
        request = urllib.request.Request(f"{ENDPOINT}/a/b", headers={"Host": host})
        assert urllib.request.urlopen(request).read() == b"x"


# Refusals


def test_what_is_missing_is_named(s3, bucket):
    with unserved("PutBucketPolicy"):
        s3.put_bucket_policy(Bucket=bucket, Policy="{}")
    with unserved("GetObjectTagging"):
        s3.get_object_tagging(Bucket=bucket, Key="k")
    with unserved("x-amz-server-side-encryption"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms")
    with unserved("x-amz-storage-class"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", StorageClass="GLACIER")
    with unserved("ListObjectVersions"):
        s3.list_object_versions(Bucket=bucket)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_bad_names(s3, bucket):
    with refused("KeyTooLongError"):
        s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"")
    with refused("InvalidBucketName"):
        s3.create_bucket(Bucket="Upper_Case")


def test_file_like_bodies(s3, bucket):
    s3.upload_fileobj(io.BytesIO(b"streamed"), bucket, "k")
    out = io.BytesIO()
    s3.download_fileobj(bucket, "k", out)
    assert out.getvalue() == b"streamed"
