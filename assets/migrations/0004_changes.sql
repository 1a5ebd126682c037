-- Whoever filters and sorts keeps all runs in memory, and asks for those that changed since.

-- A table of its own: it is large, and whoever looks through all runs should not read it.
create table captured(
    run text primary key references runs(id) on delete cascade,
    -- What was captured of the run's surroundings, as JSON; `runs redact` edits it.
    body text not null
) strict, without rowid;
insert into captured select id, captured from runs;
alter table runs drop column captured;

-- Changes of runs are counted, and each run holds the number of its newest one.
create table run_changes(newest integer not null) strict;
insert into run_changes values (0);
alter table runs add column changed integer not null default 0;
create index runs_by_change on runs(changed);

create trigger run_made after insert on runs begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = new.id;
end;
create trigger run_changed after update of experiment, detail, attempt, step, steps, epoch, epochs, note on runs begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = new.id;
end;
create trigger tag_added after insert on tags begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = new.run;
end;
create trigger tag_removed after delete on tags begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = old.run;
end;
create trigger param_added after insert on params begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = new.run;
end;
create trigger param_changed after update on params begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = new.run;
end;
create trigger param_removed after delete on params begin
    update run_changes set newest = newest + 1;
    update runs set changed = (select newest from run_changes) where id = old.run;
end;
create trigger run_deleted after delete on runs begin
    update run_changes set newest = newest + 1;
end;

-- A column of a list asks all runs for one metric.
create index series_by_metric on series(metric, run);
