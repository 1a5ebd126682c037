-- The nouns that everything else hangs on: runs, what is known of them, the queue, and the audit chain.
-- Ids are 32 hex digits, times are milliseconds since 1970. `detail` columns hold the JSON of an enum of the domain
-- whose word stands beside it in a column that queries can use.

create table runs(
    id text primary key check (length(id) = 32),
    name text not null unique,
    experiment text not null,
    kind text not null check (kind in ('train', 'command')),
    preset text,
    state text not null,
    detail text not null,
    uid integer not null,
    user text not null,
    host text not null,
    created integer not null,
    attempt integer not null default 1,
    step integer not null default 0,
    steps integer,
    epoch real,
    epochs integer,
    note text not null default '',
    -- What was captured of the run's surroundings, as JSON; `runs redact` edits it.
    captured text not null default '{}'
) strict, without rowid;

-- The list of runs opens newest first, and a page of it must not sort the whole table.
create index runs_newest on runs(created desc, id);
-- Counting what lives or waits, and filtering by state, must not read 100,000 rows.
create index runs_by_state on runs(state, created desc);

create table params(
    run text not null references runs(id) on delete cascade,
    name text not null,
    value text not null,
    primary key (run, name)
) strict, without rowid;

create table tags(
    run text not null references runs(id) on delete cascade,
    tag text not null,
    primary key (run, tag)
) strict, without rowid;

create index tags_by_tag on tags(tag, run);

-- A run's history. Lines are only ever added.
create table events(
    id integer primary key,
    run text not null references runs(id) on delete cascade,
    time integer not null,
    step integer,
    body text not null
) strict;

create index events_of_run on events(run, id);

create table artifacts(
    run text not null references runs(id) on delete cascade,
    path text not null,
    kind text,
    primary key (run, path)
) strict, without rowid;

-- How far each journal was taken in. `read` moves in the transaction that stores what was read.
create table journals(
    run text not null references runs(id) on delete cascade,
    attempt integer not null,
    read integer not null default 0,
    inode integer not null default 0,
    bad integer not null default 0,
    -- How its writer said that the attempt ended, as JSON.
    ended text,
    primary key (run, attempt)
) strict, without rowid;

create table jobs(
    id text primary key check (length(id) = 32),
    run text not null references runs(id) on delete cascade,
    attempt integer not null,
    uid integer not null,
    user text not null,
    -- The host that may run it: run folders are on its disks, and its kernel holds the locks.
    host text not null,
    created integer not null,
    priority integer not null,
    cpus integer not null,
    memory integer not null,
    gpus integer not null,
    state text not null check (state in ('queued', 'leased', 'ended', 'dropped')),
    detail text not null,
    -- BLAKE3 of the request file; the file is the authority, the row a hint.
    request text not null
) strict, without rowid;

create index jobs_of_run on jobs(run, attempt);
-- The queue is short however long its history is.
create index jobs_open on jobs(state, priority desc, created) where state in ('queued', 'leased');
create index jobs_newest on jobs(created desc);

create table job_after(
    job text not null references jobs(id) on delete cascade,
    run text not null references runs(id) on delete cascade,
    primary key (job, run)
) strict, without rowid;

-- Who did what. Each line holds a hash over itself and the line before it.
create table audit(
    seq integer primary key,
    time integer not null,
    uid integer not null,
    user text not null,
    host text not null,
    action text not null,
    target text not null,
    before text,
    after text,
    previous text not null,
    hash text not null
) strict;
