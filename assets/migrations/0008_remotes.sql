-- Places that keep versions of data besides this store. Keys to them are never kept.

create table remotes(
    name text primary key,
    -- An absolute path, or s3://BUCKET/PREFIX.
    url text not null,
    endpoint text,
    region text
) strict, without rowid;
