-- Uploads are kept in object storage: the row names the object. Rows of older releases keep their content.

alter table jobs.upload alter column content drop not null;
alter table jobs.upload add column object_key text;
alter table jobs.upload add column size_bytes bigint;
alter table jobs.upload add constraint upload_content
    check ((content is null) = (object_key is not null) and (object_key is null) = (size_bytes is null)) not valid;
alter table jobs.upload validate constraint upload_content;
