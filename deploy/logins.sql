-- The roles that log in to PostgreSQL, as members of those that `fundtrail migrate` makes; may be run again, as after a
-- password was changed. Run by a role that may create roles, with psql; passwords are in files of the folder that
-- FUNDTRAIL_PASSWORDS names: api_password, projector_password, auditor_password.
\set ON_ERROR_STOP on
-- By default names are first looked for in a schema named as the role, where somebody else could have put a function.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false) \gset fundtrail_
\set api_password `cat "$FUNDTRAIL_PASSWORDS/api_password"`
\set projector_password `cat "$FUNDTRAIL_PASSWORDS/projector_password"`
\set auditor_password `cat "$FUNDTRAIL_PASSWORDS/auditor_password"`

-- What a server logs of the statements must not hold a password.
SET log_statement = 'none';
SET log_min_duration_statement = -1;

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['fundtrail_api_login', 'fundtrail_projector_login', 'fundtrail_auditor_login']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE fundtrail_api_login PASSWORD :'api_password';
ALTER ROLE fundtrail_projector_login PASSWORD :'projector_password';
ALTER ROLE fundtrail_auditor_login PASSWORD :'auditor_password';

GRANT fundtrail_app TO fundtrail_api_login;
GRANT fundtrail_projector TO fundtrail_projector_login;
GRANT fundtrail_auditor TO fundtrail_auditor_login;
