-- What is known of the tables in a version, by the version's content: the same content is looked at once.

create table data_profiles(
    -- That of the version's list of files.
    hash text not null,
    path text not null,
    -- JSON; what cannot be read is made anew.
    profile text not null,
    primary key (hash, path)
) strict, without rowid;

-- The parts that a version is divided into, as they were declared.
create table data_splits(
    dataset text not null,
    number integer not null,
    -- Counts from 0 in the order of declaration.
    position integer not null,
    name text not null,
    -- JSON: [PATH, …], paths in the version.
    paths text not null,
    primary key (dataset, number, position),
    foreign key (dataset, number) references data_versions(dataset, number) on delete cascade
) strict, without rowid;
