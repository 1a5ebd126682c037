-- Versions of data sets. Their content is in the vault, under the hash of the list of their files.

create table datasets(
    name text primary key,
    -- The newest number that was ever given: none is given twice.
    last integer not null
) strict, without rowid;

create table data_versions(
    dataset text not null references datasets(name),
    number integer not null,
    hash text not null,
    files integer not null,
    bytes integer not null,
    stored integer not null,
    parent integer,
    message text not null,
    repository_commit text,
    is_reference integer not null,
    -- JSON: [{"at": PATH, "name": NAME or null}, …]
    sources text not null,
    uid integer not null,
    user text not null,
    host text not null,
    created integer not null,
    trashed integer,
    trashed_by text,
    primary key (dataset, number)
) strict, without rowid;

create index data_versions_by_hash on data_versions(hash);

create table data_tags(
    dataset text not null,
    tag text not null,
    number integer not null,
    primary key (dataset, tag),
    foreign key (dataset, number) references data_versions(dataset, number) on delete cascade
) strict, without rowid;

create index data_tags_by_version on data_tags(dataset, number);

-- The versions that a run was made of.
create table run_data(
    run text not null references runs(id) on delete cascade,
    dataset text not null,
    number integer not null,
    primary key (run, dataset, number),
    -- What a run was made of is kept.
    foreign key (dataset, number) references data_versions(dataset, number)
) strict, without rowid;

create index run_data_by_version on run_data(dataset, number);
