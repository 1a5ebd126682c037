-- Series of metrics. A row for every point would cost 36 bytes and a chart of a long run seconds, so points live in
-- blobs: sealed blocks and their pyramid in `chunk`, open points in `part` and `pending`. Blobs are written once.

create table series (
    id         integer primary key autoincrement,
    run        text    not null references runs (id) on delete cascade,
    metric     text    not null,
    segment    integer not null, -- a resume from an older step starts the next one
    points     integer not null default 0,
    nan        integer not null default 0,
    infinite   integer not null default 0,
    first_step integer not null default 0,
    last_step  integer not null default 0,
    last_time  integer not null default 0,
    last       real,             -- null is NaN: SQLite keeps no NaN
    sum        real,             -- over finite values, as are the extremes
    min        real,
    min_step   integer,
    max        real,
    max_step   integer,
    unique (run, metric, segment)
) strict;

-- id = series << 36 | level << 32 | number, so that what is drawn together stands together.
-- Level 0: a block of 4,096 points. Level k: a page of 64 buckets of 64 * 8^(k-1) points each.
create table chunk (
    id   integer primary key,
    data blob    not null
) strict;

-- Open points by series: id = series << 36 | number of the first point.
create table part (
    id   integer primary key,
    data blob    not null
) strict;

-- Open points by commit: one row for all series of a run, so that a commit costs what is new. Rows are deleted up to an
-- id, so an id must never come back, not even when the table was empty in between.
create table pending (
    id   integer primary key autoincrement,
    run  text    not null references runs (id) on delete cascade,
    data blob    not null
) strict;

create index pending_run on pending (run);

create trigger series_deleted after delete on series begin
    delete from chunk where id between old.id << 36 and (old.id << 36) + 0xfffffffff;
    delete from part where id between old.id << 36 and (old.id << 36) + 0xfffffffff;
end;
