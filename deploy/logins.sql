-- The roles that log in to PostgreSQL, as members of those that `fundtrail migrate` makes; may be run again, as after a
-- password was changed. With psql, by a superuser; or by a role with CREATEROLE that may grant the roles of fundtrail,
-- where the server logs no statements. Passwords are in files of the folder that FUNDTRAIL_PASSWORDS names:
-- api_password, projector_password, auditor_password.
\set ON_ERROR_STOP on
-- By default names are first looked for in a schema named as the role, where somebody else could have put a function.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false) \gset fundtrail_
\set api_password `cat "$FUNDTRAIL_PASSWORDS/api_password"`
\set projector_password `cat "$FUNDTRAIL_PASSWORDS/projector_password"`
\set auditor_password `cat "$FUNDTRAIL_PASSWORDS/auditor_password"`
\set all_there `for each in api projector auditor; do [ -n "$(cat "$FUNDTRAIL_PASSWORDS/${each}_password")" ] || exit; done; echo true`
\if :{?all_there}
\else
\set all_there false
\endif
SELECT :'all_there' = 'true' AS all_there \gset fundtrail_
\if :fundtrail_all_there
\else
DO $$ BEGIN RAISE 'a password is missing: FUNDTRAIL_PASSWORDS must name a folder with the three files, none of them empty'; END $$;
\endif

-- What a server logs of the statements must not hold a password; who is no superuser cannot see to that himself.
SELECT rolsuper AS is_superuser FROM pg_roles WHERE rolname = current_user \gset fundtrail_
\if :fundtrail_is_superuser
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_duration_sample = -1;
SET log_transaction_sample_rate = 0;
SET log_min_error_statement = 'panic';
\else
DO $$ BEGIN
    IF current_setting('log_statement') <> 'none' OR current_setting('log_min_duration_statement') <> '-1'
        OR current_setting('log_min_duration_sample') <> '-1' OR current_setting('log_transaction_sample_rate') <> '0'
    THEN RAISE 'this server logs statements, and would log the passwords: let a superuser run this'; END IF;
END $$;
\endif

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['fundtrail_api_login', 'fundtrail_projector_login', 'fundtrail_auditor_login']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- First what fails without a password in it, where this role may not: a statement that fails is logged.
ALTER ROLE fundtrail_api_login LOGIN;
ALTER ROLE fundtrail_projector_login LOGIN;
ALTER ROLE fundtrail_auditor_login LOGIN;
GRANT fundtrail_app TO fundtrail_api_login;
GRANT fundtrail_projector TO fundtrail_projector_login;
GRANT fundtrail_auditor TO fundtrail_auditor_login;

ALTER ROLE fundtrail_api_login PASSWORD :'api_password';
ALTER ROLE fundtrail_projector_login PASSWORD :'projector_password';
ALTER ROLE fundtrail_auditor_login PASSWORD :'auditor_password';
