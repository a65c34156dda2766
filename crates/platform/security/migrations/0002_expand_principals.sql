-- A person of the platform's own accounts is known by the principal; for one of an issuer, realm and subject say who it is.
alter table security.session add column principal_id uuid;
