-- The roles and the database of the platform, once, as a superuser: see "Roles" in docs/operations.md.
create role athyper_owner login nosuperuser nobypassrls password 'athyper-owner-trial';
create role athyper_system nologin noinherit nosuperuser nobypassrls;
create role athyper_app login noinherit nosuperuser nobypassrls password 'athyper-app-trial';
grant athyper_system to athyper_app;
create database athyper owner athyper_owner template template0 encoding 'UTF8';
revoke connect on database athyper from public;
grant connect on database athyper to athyper_owner, athyper_app;
