-- Which release declared a schedule: an older one that still runs, or starts again, leaves it as it is.

alter table jobs.schedule add column release integer[] not null default '{0,0,0}';
