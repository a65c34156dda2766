-- No index knows when a lease ends: to renew one, which happens to each running job again and again, then changes no index, and
-- a claim one less. Who looks for leases that have run out looks at all jobs that run, which are never many.

drop index jobs.job_lease_end;
