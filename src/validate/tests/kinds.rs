//! Each kind of rule on a few records.

use super::{check, ran};

/// A rule with the given lines.
fn rule(lines: &str) -> String {
    format!("[[rule]]\nid = 'r'\nowner = 'x'\nwhy = 'x'\n{lines}")
}

#[test]
fn required() {
    let lines = "a: email=x, phone=1\na: email=x\na: city=y";
    check(
        &rule("fields = ['email', 'phone']\nrequired = 'each'"),
        lines,
        "1 phone, 2 email, 2 phone",
    );
    check(
        &rule("fields = ['email', 'phone']\nrequired = 'any'"),
        lines,
        "2 ",
    );
    check(
        &rule("field = 'fax'\nrequired = 'each'"),
        "a: email=x",
        "0 fax",
    );
}

#[test]
fn required_if() {
    check(
        &rule("field = 'phone'\nrequired_if = \"lifecycle_stage IN ('mql','sql')\""),
        "a: lifecycle_stage=mql\na: lifecycle_stage=sql, phone=1\na: lifecycle_stage=lead\na: email=x",
        "0 phone",
    );
}

#[test]
fn format_looks_into_cells_of_several_values() {
    check(
        &rule("fields = ['email', 'other_emails']\nformat = 'email'"),
        "a: email=ann@example.com, other_emails=a@example.com; b@example.com\na: other_emails=a@example.com;nope\na: email=nope",
        "1 other_emails, 2 email",
    );
    check(
        &rule("field = 'national_id'\nformat = { regex = '^[0-9]{3}$' }"),
        "a: national_id=123\na: national_id=12\na: email=x",
        "1 national_id",
    );
}

#[test]
fn allowed() {
    let lines = "a: lead_status=new\na: lead_status=NEW\na: lead_status=odd";
    check(
        &rule("field = 'lead_status'\nallowed = ['new']"),
        lines,
        "1 lead_status, 2 lead_status",
    );
    check(
        &rule("field = 'lead_status'\nallowed = { values = ['New'], ignore_case = true }"),
        lines,
        "2 lead_status",
    );
}

#[test]
fn range_of_numbers_and_dates() {
    check(
        &rule("field = 'national_id'\nrange = { min = 1, max = 10.5 }"),
        "a: national_id=0\na: national_id=1\na: national_id=10.6\na: national_id=word",
        "0 national_id, 2 national_id",
    );
    check(
        &rule("field = 'birth_date'\nrange = { min = 1900-01-01, max = 'run_date - 18 years' }"),
        "a: birth_date=1899-12-31\na: birth_date=1900\na: birth_date=2008-01-02\na: birth_date=2008-01-01\na: birth_date=--05-06",
        "0 birth_date, 2 birth_date",
    );
}

#[test]
fn length_counts_characters() {
    check(
        &rule("field = 'city'\nlength = { min = 2, max = 4 }"),
        "a: city=é\na: city=éééé\na: city=ééééé",
        "0 city, 2 city",
    );
}

#[test]
fn unique_in_a_source_over_all_and_by_value() {
    let lines = "a: email=x, given_name=Ann\na: email=x, given_name=Ann\nb: email=x, given_name=Bob\nb: email=y\nb: city=z";
    check(
        &rule("field = 'email'\nunique = 'source'"),
        lines,
        "0 email, 1 email",
    );
    check(
        &rule("field = 'email'\nunique = 'all'"),
        lines,
        "0 email, 1 email, 2 email",
    );
    check(
        &rule("field = 'email'\nunique = { over = 'all', by = ['given_name'] }"),
        lines,
        "0 email, 1 email, 2 email",
    );
    check(
        &rule("field = 'email'\nunique = { over = 'all', by = ['given_name'], max = 2 }"),
        lines,
        "",
    );
    check(
        &rule("fields = ['email', 'given_name']\nunique = 'all'"),
        lines,
        "0 email, 1 email",
    );
    let done = ran(&rule("field = 'email'\nunique = 'all'"), lines);
    assert_eq!(&*done.violations[0].message, "3 records share this email");
}

#[test]
fn of_many_combinations_only_equal_ones_are_one() {
    // Far more combinations than records: forty addresses, forty names, no two together
    // but the last record's.
    let record = |email: usize, name: usize| format!("a: email=e{email}, given_name=g{name}");
    let mut lines: Vec<String> = (0..40).map(|at| record(at, at)).collect();
    lines.extend((0..20).map(|at| record(at, at + 1)));
    lines.push(record(3, 3));
    check(
        &rule("fields = ['email', 'given_name']\nunique = 'source'"),
        &lines.join("\n"),
        "3 email, 60 email",
    );
}

#[test]
fn a_null_condition_is_no_violation() {
    let lines = "a: city=Sofia\na: city=Varna\na: email=x";
    check(
        &rule("field = 'city'\ncondition = \"city <> 'Sofia'\""),
        lines,
        "1 city",
    );
    check(
        &rule("field = 'city'\ncondition = \"NOT (city = 'Sofia')\""),
        lines,
        "1 city",
    );
    check(
        &rule("field = 'city'\ncondition = \"city NOT IN ('Sofia', NULL)\""),
        lines,
        "",
    );
}

#[test]
fn conditions_over_absent_fields_never_hold_by_themselves() {
    check(&rule("condition = \"fax = 'x'\""), "a: city=Sofia", "");
    check(&rule("condition = \"fax IS NULL\""), "a: city=Sofia", "0 ");
}

#[test]
fn conditions_know_the_source_the_id_the_day_and_other_records() {
    let lines = "a: email=x\nb: email=x\nb: email=y, updated_at=2026-02-01T00:00:00Z";
    check(&rule("condition = \"source = 'b'\""), lines, "1 , 2 ");
    check(&rule("condition = \"record_id = 'r1'\""), lines, "1 ");
    check(
        &rule("field = 'updated_at'\ncondition = \"LEFT(updated_at, 10) > run_date\""),
        lines,
        "2 updated_at",
    );
    check(
        &rule("field = 'email'\ncondition = \"COUNT(*) OVER (PARTITION BY email) > 1\""),
        lines,
        "0 email, 1 email",
    );
    check(
        &rule(
            "field = 'email'\ncondition = \"COUNT(DISTINCT source) OVER (PARTITION BY email) > 1\"",
        ),
        lines,
        "0 email, 1 email",
    );
}

#[test]
fn conditions_speak_the_usual_sql() {
    for condition in [
        "email LIKE 'a%' AND NOT email ILIKE '%Z'",
        "REGEXP_LIKE(email, '^a', 'i') OR email ~* '^A'",
        "CASE WHEN email IS NULL THEN FALSE ELSE LENGTH(email) BETWEEN 1 AND 20 END",
        "COALESCE(phone, email) = email AND NULLIF(email, 'x') IS NOT NULL",
        "SUBSTR(email, 1, 1) = 'a' AND SPLIT_PART(email, '@', 2) = 'b.com'",
        "TRIM(email) = email AND UPPER(email) <> email",
        "TRY_CAST(birth_date AS BIGINT) IS NULL",
        "email IS DISTINCT FROM phone",
        "TRUE",
    ] {
        check(
            &rule(&format!(
                "field = 'email'\ncondition = \"\"\"{condition}\"\"\""
            )),
            "a: email=a@b.com",
            "0 email",
        );
    }
}

#[test]
fn freshness_takes_the_newest_date() {
    check(
        &rule("fields = ['updated_at', 'last_activity_at']\nfreshness = 365"),
        "a: updated_at=2024-12-31\na: updated_at=2020-01-01, last_activity_at=2025-12-01\na: updated_at=2025-01-01\na: email=x",
        "0 updated_at",
    );
}

#[test]
fn reference_lists() {
    check(
        &rule(
            "field = 'email'\nreference = { list = 'lists/throwaway.txt', expect = 'unlisted', part = 'email_domain' }",
        ),
        "a: email=ann@throwaway.example\na: email=ann@mail.throwaway.example\na: email=ann@example.com\na: email=odd",
        "0 email, 1 email",
    );
    check(
        &rule(
            "field = 'department'\nreference = { list = 'lists/departments.csv', column = 'name', ignore_case = true }",
        ),
        "a: department=SALES\na: department=Sailing",
        "1 department",
    );
    check(
        &rule(
            "field = 'department'\nreference = { list = 'lists/departments.toml', column = 'departments' }",
        ),
        "a: department=Sales\na: department=Sailing",
        "1 department",
    );
}

#[test]
fn a_scope_of_sources_and_a_guard() {
    let lines = "a: email=x\nb: email=x\nb: email=x, country=BG";
    check(
        &rule("sources = ['b']\ncondition = \"email = 'x'\""),
        lines,
        "1 , 2 ",
    );
    check(
        &rule("sources = 'b'\nwhen = \"country = 'BG'\"\nfield = 'phone'\nrequired = 'each'"),
        lines,
        "2 phone",
    );
}
