extension Schema {
    /// Buckets, objects and multipart uploads. Keys are blobs: S3 orders them by their bytes.
    static let objects = """
        CREATE TABLE bucket (
            key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL,
            name TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL) STRICT;
        CREATE TABLE object (
            bucket INTEGER NOT NULL, key BLOB NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
            modified_ms INTEGER NOT NULL, facts TEXT NOT NULL, files TEXT NOT NULL,
            PRIMARY KEY (bucket, key)) STRICT, WITHOUT ROWID;
        -- Every file that an object or a part names; what is on the disk besides belongs to nobody.
        CREATE TABLE object_file (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE object_upload (
            row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, bucket INTEGER NOT NULL,
            key BLOB NOT NULL, started_ms INTEGER NOT NULL, facts TEXT NOT NULL) STRICT;
        CREATE INDEX upload_of_bucket ON object_upload (bucket, key);
        CREATE TABLE object_part (
            upload INTEGER NOT NULL, number INTEGER NOT NULL, etag TEXT NOT NULL, modified_ms INTEGER NOT NULL,
            checksum TEXT, file TEXT NOT NULL, PRIMARY KEY (upload, number)) STRICT, WITHOUT ROWID;
        """
}
