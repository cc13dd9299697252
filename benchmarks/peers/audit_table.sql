-- What a careful author writes by hand: a row for each project with its present sums, and a row for every change of it.

CREATE TABLE project (
    project_id       text PRIMARY KEY,
    appropriation_id text NOT NULL,
    allocated        bigint NOT NULL DEFAULT 0,
    disbursed        bigint NOT NULL DEFAULT 0,
    score            bigint NOT NULL DEFAULT 0,
    status           text,
    version          integer NOT NULL DEFAULT 0,
    -- What the last change says of itself.
    event_id         uuid,
    kind             text,
    business_date    date,
    recorded_at      timestamptz,
    reverses         uuid,
    document_no      text,
    note             text,
    actor            text
) WITH (fillfactor = 50); -- so that a new version of a row finds place beside the old one

CREATE TABLE project_audit (
    project_id    text NOT NULL,
    version       integer NOT NULL,
    allocated_by  bigint NOT NULL,
    disbursed_by  bigint NOT NULL,
    score_by      bigint NOT NULL,
    status        text,
    event_id      uuid NOT NULL,
    kind          text NOT NULL,
    business_date date NOT NULL,
    recorded_at   timestamptz NOT NULL,
    written_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    reverses      uuid,
    document_no   text,
    note          text,
    actor         text,
    PRIMARY KEY (project_id, version)
);

-- Answers both dates without reading the table.
CREATE INDEX project_audit_as_of ON project_audit (project_id, business_date)
    INCLUDE (recorded_at, allocated_by, disbursed_by, score_by);

CREATE FUNCTION audit_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    INSERT INTO project_audit (
        project_id, version, allocated_by, disbursed_by, score_by, status,
        event_id, kind, business_date, recorded_at, reverses, document_no, note, actor
    ) VALUES (
        NEW.project_id, NEW.version,
        NEW.allocated - OLD.allocated, NEW.disbursed - OLD.disbursed, NEW.score - OLD.score, NEW.status,
        NEW.event_id, NEW.kind, NEW.business_date, NEW.recorded_at, NEW.reverses, NEW.document_no, NEW.note, NEW.actor
    );
    RETURN NEW;
END
$$;

CREATE TRIGGER project_is_audited BEFORE UPDATE ON project FOR EACH ROW EXECUTE FUNCTION audit_project();

-- Changes as they are copied in by the thousand.
CREATE UNLOGGED TABLE incoming (
    number        bigint PRIMARY KEY,
    project_id    text NOT NULL,
    allocated_by  bigint NOT NULL,
    disbursed_by  bigint NOT NULL,
    score_by      bigint NOT NULL,
    status        text,
    event_id      uuid NOT NULL,
    kind          text NOT NULL,
    business_date date NOT NULL,
    recorded_at   timestamptz NOT NULL,
    reverses      uuid,
    document_no   text,
    note          text,
    actor         text
);

CREATE FUNCTION take_incoming() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    change incoming;
BEGIN
    FOR change IN SELECT * FROM incoming ORDER BY number LOOP
        UPDATE project SET
            allocated = allocated + change.allocated_by,
            disbursed = disbursed + change.disbursed_by,
            score = score + change.score_by,
            status = coalesce(change.status, status),
            event_id = change.event_id,
            kind = change.kind,
            business_date = change.business_date,
            recorded_at = change.recorded_at,
            reverses = change.reverses,
            document_no = change.document_no,
            note = change.note,
            actor = change.actor
        WHERE project_id = change.project_id;
    END LOOP;
    TRUNCATE incoming;
END
$$;
