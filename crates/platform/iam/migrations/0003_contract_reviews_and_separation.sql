-- Reviews and duties to keep apart belong to the schema governance now. No release had these tables.
drop table iam.access_review_item;
drop table iam.access_review;
drop table iam.separation_exception;
drop table iam.separation_rule;
