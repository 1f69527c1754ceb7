use super::*;
use crate::contact::{Records, Table};
use crate::rulebook::Rulebook;

fn rules() -> PersonRules {
    PersonRules::load(&Rulebook::builtin())
}

fn shown(out: &NameOutcome) -> String {
    [
        &out.prefix,
        &out.given,
        &out.middle,
        &out.family,
        &out.suffix,
        &out.full,
        &out.nickname,
        &out.former_family,
    ]
    .map(|outcome| outcome.value.as_deref().unwrap_or(""))
    .join("|")
}

fn full(text: &str) -> NameOutcome {
    let raw = RawName {
        full: Some(text),
        ..RawName::default()
    };
    standardise_name(raw, &rules(), &NameModel::empty())
}

fn columns(given: &str, family: &str) -> NameOutcome {
    let raw = RawName {
        given: Some(given).filter(|text| !text.is_empty()),
        family: Some(family).filter(|text| !text.is_empty()),
        ..RawName::default()
    };
    standardise_name(raw, &rules(), &NameModel::empty())
}

/// prefix | given | middle | family | suffix | full | nickname | former
#[test]
fn whole_names_are_taken_apart() {
    for (raw, want) in [
        ("John Martin", "|John||Martin||||"),
        ("DANIEL LEWIS", "|Daniel||Lewis||||"),
        ("lauren braddy", "|Lauren||Braddy||||"),
        ("Smith, John", "|John||Smith||||"),
        ("SMITH, JOHN", "|John||Smith||||"),
        ("Francis\u{a0}, Bill", "|Bill||Francis||||"),
        ("Ｓ． Ｋｉｎｇ", "|S.||King||||"),
        ("Mr Tyler Armstrong", "Mr.|Tyler||Armstrong||||"),
        ("Mr HENDERSON, JOSHUA", "Mr.|Joshua||Henderson||||"),
        ("Dr. Black, Destiny", "Dr.|Destiny||Black||||"),
        ("Prof. Dr. Karl Huber", "Prof. Dr.|Karl||Huber||||"),
        ("Prof.Dr. Karl Huber", "Prof. Dr.|Karl||Huber||||"),
        ("John Smith Jr.", "|John||Smith|Jr.|||"),
        ("John Smith, PhD, MBA", "|John||Smith|PhD MBA|||"),
        ("Jolley Ryan, Sr", "|Jolley||Ryan|Sr.|||"),
        ("Smith Jr., John", "|John||Smith|Jr.|||"),
        ("Thompson, Nicholas C.", "|Nicholas|C.|Thompson||||"),
        ("Jon C. Padgett", "|Jon|C.|Padgett||||"),
        ("J. R. R. Tolkien", "|J. R. R.||Tolkien||||"),
        ("van der Berg, Anna", "|Anna||van der Berg||||"),
        ("Anna van der Berg", "|Anna||van der Berg||||"),
        ("ANNA VAN DER BERG", "|Anna||van der Berg||||"),
        ("Ana de la Cruz", "|Ana||de la Cruz||||"),
        ("Cruz, Ana de la", "|Ana||de la Cruz||||"),
        ("RONALD MCDONALD", "|Ronald||McDonald||||"),
        ("SEAN O'BRIEN", "|Sean||O'Brien||||"),
        ("Sean O’Brien", "|Sean||O'Brien||||"),
        ("leonardo DiCaprio", "|Leonardo||DiCaprio||||"),
        ("JEAN-PIERRE DUPONT", "|Jean-Pierre||Dupont||||"),
        ("Jean DUPONT", "|Jean||Dupont||||"),
        ("DUPONT Jean", "|Jean||Dupont||||"),
        ("Robert (Bob) Jones", "|Robert||Jones|||Bob|"),
        ("Robert \"Bob\" Jones", "|Robert||Jones|||Bob|"),
        ("Robert 'Bob' Jones", "|Robert||Jones|||Bob|"),
        ("Anna Weber (née Huber)", "|Anna||Weber||||Huber"),
        ("Anna Weber geb. Huber", "|Anna||Weber||||Huber"),
        ("Anna Weber (born Huber)", "|Anna||Weber||||Huber"),
        ("Ann Lee (she/her)", "|Ann||Lee||||"),
        ("🚀 Ann Lee 🎉", "|Ann||Lee||||"),
        ("Gary Leslie (CEO)", "|Gary||Leslie||||"),
        ("Ann Lee ann@acme.com", "|Ann||Lee||||"),
        ("Cher", "|||||Cher||"),
        ("N/A Polnik", "|||Polnik||||"),
        ("[not provided] Hassan", "|||Hassan||||"),
        ("Johnson, N/A", "|||Johnson||||"),
        ("Mr. N/A HAN", "Mr.|||Han||||"),
        ("Иван Петров", "|Иван||Петров||||"),
        ("Иван Петров Димитров", "|Иван|Петров|Димитров||||"),
        ("Петров Иван Сергеевич", "|Иван|Сергеевич|Петров||||"),
        ("Иван Сергеевич Петров", "|Иван|Сергеевич|Петров||||"),
        ("г-жа Полин Педалова", "г-жа|Полин||Педалова||||"),
        ("ΜΑΡΙΑ ΠΑΠΑΔΟΠΟΥΛΟΥ", "|Μαρια||Παπαδοπουλου||||"),
        ("คุณนภา ไพบูลย์มณี", "คุณ|นภา||ไพบูลย์มณี||||"),
        ("นางสาวนภา ไพบูลย์มณี", "นางสาว|นภา||ไพบูลย์มณี||||"),
        ("คุณากร ศรีสกุล", "|คุณากร||ศรีสกุล||||"),
        ("山田太郎", "|太郎||山田||||"),
        ("山田 太郎", "|太郎||山田||||"),
        ("山田太郎様", "様|太郎||山田||||"),
        ("森 里佳", "|里佳||森||||"),
        ("佐藤さくら", "|さくら||佐藤||||"),
        ("陈敏晓", "|敏晓||陈||||"),
        ("欧阳修", "|修||欧阳||||"),
        ("김서연", "|서연||김||||"),
        ("김서연 씨", "씨|서연||김||||"),
        ("남궁민수", "|민수||남궁||||"),
        ("ジョン・スミス", "|ジョン||スミス||||"),
        ("آقای علی رضایی", "آقای|علی||رضایی||||"),
        ("سارة عبد الله", "|سارة||عبد الله||||"),
        ("Acme Inc", "|||||Acme Inc||"),
        ("mr JOHN mcDONALD", "Mr.|John||McDonald||||"),
        ("Jean McDONALD", "|Jean||McDonald||||"),
        ("JRR Tolkien", "|JRR||Tolkien||||"),
        ("DJ Khaled", "|DJ||Khaled||||"),
        ("NG Wei", "|NG||Wei||||"),
        ("Dr. med. Eva Braun", "Dr. med.|Eva||Braun||||"),
        (
            "Prof. Dr. med. dent. Eva Braun",
            "Prof. Dr. med. dent.|Eva||Braun||||",
        ),
        ("Dr. Phil Braun", "Dr.|Phil||Braun||||"),
        ("M. Jean Petit", "M.|Jean||Petit||||"),
        ("M. Night Huber", "|M. Night||Huber||||"),
        ("Müller geb. Schmidt, Eva", "|Eva||Müller||||Schmidt"),
        ("Jane Doe / Acme", "|Jane||Doe||||"),
        ("Jr., Sammy Davis", "|Sammy||Davis|Jr.|||"),
        ("Ma, Jun", "|Jun||Ma||||"),
        ("Maria v. Braun", "|Maria||v. Braun||||"),
        ("maria v. braun", "|Maria||v. Braun||||"),
        ("Maria V. Braun", "|Maria|V.|Braun||||"),
        ("Nguyễn Văn A", "|A|Văn|Nguyễn||||"),
        ("Mr. & Mrs. Smith", "Mr. & Mrs.|||Smith||||"),
        ("Max & Erika Muster", "|||||Max & Erika Muster||"),
    ] {
        assert_eq!(shown(&full(raw)), want, "{raw}");
    }
}

#[test]
fn columns_are_mended_in_place() {
    for (given, family, want) in [
        ("jordan", "salazar", "|Jordan||Salazar||||"),
        ("WEI", "LI", "|Wei||Li||||"),
        ("JJ", "Smith", "|JJ||Smith||||"),
        ("Kevin E", "Dent", "|Kevin|E|Dent||||"),
        ("Emma Margaret", "Dent", "|Emma Margaret||Dent||||"),
        ("Mr. John", "Smith Jr.", "Mr.|John||Smith|Jr.|||"),
        ("John", "DE LA CRUZ", "|John||de la Cruz||||"),
        ("John", "", "|John||||||"),
        ("Ma1k", "Turner", "|Ma1k||Turner||||"),
        ("Debra\u{a0}", "Gray\t", "|Debra||Gray||||"),
        ("John", "MACDONALD", "|John||MacDonald||||"),
        ("John", "Mackey", "|John||Mackey||||"),
        ("İSMAİL", "YILMAZ", "|İsmail||Yilmaz||||"),
    ] {
        assert_eq!(shown(&columns(given, family)), want, "{given} {family}");
    }
    assert_eq!(columns("1+1", "Turner").given.doubts[0].suggestion, None);
    assert_eq!(
        columns("Ma1one", "Turner").given.doubts[0]
            .suggestion
            .as_deref(),
        Some("Malone")
    );
    assert_eq!(
        columns("Ma1k", "Turner").given.doubts[0].rule,
        "name_digit_in_letters"
    );
}

#[test]
fn what_is_no_name_goes_to_its_field() {
    let rules = rules();
    let model = NameModel::empty();
    let name = |text, company| {
        standardise_name(
            RawName {
                full: Some(text),
                company,
                ..RawName::default()
            },
            &rules,
            &model,
        )
    };
    let out = name("Brandi Shaffer (Tang Software, L.L.P.)", None);
    assert_eq!(
        out.full.parts,
        [("company", "Tang Software, L.L.P.".to_owned())]
    );
    let out = name("Brandi Shaffer (Tang Software)", Some("Tang Software LLP"));
    assert_eq!(
        (out.full.parts.len(), shown(&out).as_str()),
        (0, "|Brandi||Shaffer||||")
    );
    let out = name("Gary Leslie (CEO)", None);
    assert_eq!(out.full.parts, [("job_title", "CEO".to_owned())]);
    let out = name("Jane Doe / Acme", None);
    assert_eq!(out.full.parts, [("notes", "Acme".to_owned())]);
    let out = name("Jane Doe / Acme Inc.", None);
    assert_eq!(out.full.parts, [("company", "Acme Inc.".to_owned())]);
    let out = name("Mr. & Mrs. Smith", None);
    assert_eq!(out.full.doubts[0].rule, "name_of_two_people");
    let out = name("ann.lee@acme.com", None);
    assert_eq!(out.full.parts, [("email", "ann.lee@acme.com".to_owned())]);
    assert_eq!(out.full.value, None);
}

#[test]
fn parts_win_over_the_whole() {
    let rules = rules();
    let model = NameModel::empty();
    let name = |given, family, full| {
        standardise_name(
            RawName {
                given: Some(given),
                family: Some(family),
                full: Some(full),
                ..RawName::default()
            },
            &rules,
            &model,
        )
    };
    assert_eq!(name("John", "Smith", "John Smith").full.value, None);
    let out = name("John", "Smith", "Mary Jones");
    assert_eq!(out.full.value.as_deref(), Some("Mary Jones"));
    assert_eq!(out.full.doubts[0].rule, "name_full_disagrees");
}

fn records(cells: &[(&str, &str, &str)]) -> Records {
    let mut table = Table::new(cells.len());
    table.set("given_name", cells.iter().map(|row| Some(row.0)).collect());
    table.set("family_name", cells.iter().map(|row| Some(row.1)).collect());
    table.set("full_name", cells.iter().map(|row| Some(row.2)).collect());
    Records {
        origin: vec![
            crate::contact::Origin {
                source: 0,
                file: 0,
                line: 1
            };
            cells.len()
        ],
        table,
        ..Records::default()
    }
}

#[test]
fn order_and_capitals_are_learned_whatever_the_row_order() {
    let rules = rules();
    let mut rows = Vec::new();
    for _ in 0..5 {
        rows.push(("Quan", "Zebulski", ""));
        rows.push(("Dora", "DiMarco", ""));
        rows.push(("", "", "Zebulski Quan"));
    }
    let model = learn(&records(&rows), &rules);
    rows.reverse();
    let again = learn(&records(&rows), &rules);
    for model in [&model, &again] {
        let name = |text| {
            standardise_name(
                RawName {
                    full: Some(text),
                    ..RawName::default()
                },
                &rules,
                model,
            )
        };
        assert_eq!(shown(&name("Zebulski Quan")), "|Quan||Zebulski||||");
        assert_eq!(shown(&name("DORA DIMARCO")), "|Dora||DiMarco||||");
    }
    let out = standardise_name(
        RawName {
            given: Some("Zebulski"),
            family: Some("Quan"),
            ..RawName::default()
        },
        &rules,
        &model,
    );
    assert_eq!(
        out.given.value.as_deref(),
        Some("Zebulski"),
        "swapped is a doubt, not a change"
    );
    assert!(
        out.given
            .doubts
            .iter()
            .any(|doubt| doubt.rule == "name_swapped")
    );
}

#[test]
fn the_lists_have_their_form() {
    use super::super::lists::rows;
    let rulebook = Rulebook::builtin();
    assert!(!rules().former.is_empty(), "shapes.toml parses");
    for (path, columns, least) in [
        ("names/titles.csv", 5, 100),
        ("names/suffixes.csv", 3, 50),
        ("names/particles.csv", 2, 40),
        ("names/job_titles.csv", 3, 50),
        ("names/nicknames.csv", 3, 2_000),
        ("names/japanese_surnames.csv", 3, 400),
        ("names/chinese_surnames.csv", 4, 150),
        ("names/korean_surnames.csv", 3, 100),
    ] {
        let rows = rows(&rulebook, path);
        assert!(rows.len() >= least, "{path}: {}", rows.len());
        for row in &rows {
            assert_eq!(row.len(), columns, "{path}: {row:?}");
            assert!(!row[0].is_empty(), "{path}: {row:?}");
        }
        if path.contains("surnames") || path.contains("nicknames") {
            let lines: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().collect()).collect();
            assert!(lines.is_sorted(), "{path} is sorted");
            assert!(
                lines.windows(2).all(|pair| pair[0] != pair[1]),
                "{path} has no line twice"
            );
        }
    }
}

fn check_twice(raw: RawName<'_>, rules: &PersonRules) {
    let model = NameModel::empty();
    let once = standardise_name(raw, rules, &model);
    let again = standardise_name(
        RawName {
            prefix: once.prefix.value.as_deref(),
            given: once.given.value.as_deref(),
            middle: once.middle.value.as_deref(),
            family: once.family.value.as_deref(),
            suffix: once.suffix.value.as_deref(),
            full: once.full.value.as_deref(),
            ..raw
        },
        rules,
        &model,
    );
    let key = |out: &NameOutcome| {
        [
            &out.prefix,
            &out.given,
            &out.middle,
            &out.family,
            &out.suffix,
            &out.full,
        ]
        .map(|out| out.value.clone())
    };
    assert_eq!(key(&again), key(&once), "{raw:?}");
}

#[test]
fn a_second_former_name_is_a_note() {
    let raw = RawName {
        full: Some("Anna Müller geb. Huber, née Smith"),
        ..RawName::default()
    };
    let out = standardise_name(raw, cached(), &NameModel::default());
    assert_eq!(out.former_family.value.as_deref(), Some("Huber"));
    let notes: Vec<&str> = out
        .full
        .parts
        .iter()
        .filter(|(field, _)| *field == "notes")
        .map(|(_, note)| note.as_str())
        .collect();
    assert_eq!(notes, ["née Smith"]);
    for full in [
        "г-н,O'Brien geb.  山田太郎,née  Jean  ",
        "Mr., geb. &,née x, ",
    ] {
        check_twice(
            RawName {
                full: Some(full),
                ..RawName::default()
            },
            cached(),
        );
    }
}

proptest::proptest! {
    #[test]
    fn standardising_twice_changes_nothing(full in "\\PC{0,30}", given in "\\PC{0,12}", family in "\\PC{0,12}") {
        let rules = cached();
        check_twice(RawName { full: Some(&full), ..RawName::default() }, rules);
        check_twice(RawName { given: Some(&given), family: Some(&family), ..RawName::default() }, rules);
    }

    #[test]
    fn standardising_names_twice_changes_nothing(
        full in "((Mr\\.|DR|van|de|Ann|LEE|smith|O'Brien|Jr|PhD|N/A|\\(Bob\\)|\"Al\"|&|山田太郎|様|김서연|씨|นาย|คุณสมชาย|Иван|г-н|Петрович|née|a@b\\.co|MD|x|mcDONALD|JRR|v\\.|Dr\\. med\\.|M\\.|Jean|/|geb\\.|Mr\\. & Mrs\\.|Nguyễn|Văn)(, | |  |,)){0,6}"
    ) {
        check_twice(RawName { full: Some(&full), ..RawName::default() }, cached());
        check_twice(RawName { given: Some("Ann"), family: Some(&full), ..RawName::default() }, cached());
    }
}

fn cached() -> &'static PersonRules {
    static RULES: std::sync::OnceLock<PersonRules> = std::sync::OnceLock::new();
    RULES.get_or_init(rules)
}
