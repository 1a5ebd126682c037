-- Columns and filters ask all runs for one parameter, and the end of a run asks which jobs waited for it.

create index params_by_name on params(name, run);
create index job_after_run on job_after(run);
