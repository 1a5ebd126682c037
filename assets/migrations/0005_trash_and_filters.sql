-- Runs can be put into the trash, where lists leave them out, and filters can be kept under a name.

alter table runs add column trashed integer;
-- Who put it there, as people read it.
alter table runs add column trashed_by text;

-- Lists leave out the trash without a look at the rows: it stands first in their indexes. One that held only the rows
-- outside it would not be known to say so.
drop index runs_newest;
create index runs_newest on runs(trashed, created desc, id);
drop index runs_by_state;
create index runs_by_state on runs(trashed, state, created desc);
create index runs_in_trash on runs(trashed) where trashed is not null;

drop trigger run_changed;
create trigger run_changed after update of experiment, detail, attempt, step, steps, epoch, epochs, note, trashed on runs begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = new.id;
end;

create table filters(
    -- What it lets through: 'runs'.
    list text not null,
    name text not null,
    text text not null,
    uid integer not null,
    user text not null,
    host text not null,
    created integer not null,
    primary key (list, name)
) strict, without rowid;
