use super::*;
use crate::rulebook::Rulebook;

fn rules() -> AddressRules {
    AddressRules::load(&Rulebook::builtin())
}

#[test]
fn countries_have_codes() {
    let rules = rules();
    for (raw, want) in [
        ("US", "US"),
        ("usa", "US"),
        ("U.S.A.", "US"),
        ("US of A", "US"),
        ("United States of America", "US"),
        ("the United States", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Great Britain", "GB"),
        ("Deutschland", "DE"),
        ("GER", "DE"),
        ("Iran, Islamic Republic of", "IR"),
        ("Korea, Republic of", "KR"),
        ("Korea", "KR"),
        ("PRC", "CN"),
        ("中国", "CN"),
        ("日本", "JP"),
        ("대한민국", "KR"),
        ("Hellas", "GR"),
        ("Ελλάδα", "GR"),
        ("България", "BG"),
        ("BGR", "BG"),
        ("ประเทศไทย", "TH"),
        ("ایران", "IR"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Việt Nam", "VN"),
        ("Viet Nam", "VN"),
        ("U.A.E.", "AE"),
        ("Allemagne", "DE"),
        ("Alemania", "DE"),
        ("España", "ES"),
        ("Czech Republic", "CZ"),
        ("Holland", "NL"),
        (" France ", "FR"),
    ] {
        assert_eq!(country(raw, &rules).value.as_deref(), Some(want), "{raw}");
    }
    let unknown = country("Germny", &rules);
    assert_eq!(unknown.value.as_deref(), Some("Germny"));
    assert_eq!(unknown.doubts[0].suggestion.as_deref(), Some("DE"));
    assert_eq!(country("Atlantis", &rules).doubts[0].suggestion, None);
}

type Cells = [&'static str; 5];

fn taken_apart(address: &str, default: Option<&str>) -> Vec<String> {
    let out = standardise(
        RawAddress {
            address: Some(address),
            default_country: default,
            ..RawAddress::default()
        },
        &rules(),
    );
    [out.street, out.city, out.region, out.postcode, out.country]
        .map(|outcome| outcome.value.unwrap_or_default())
        .to_vec()
}

#[test]
fn whole_addresses_are_taken_apart() {
    let table: [(&str, Option<&str>, Cells); 8] = [
        (
            "360 Lincoln Way  Salt Lake City  UT  84144  US",
            None,
            ["360 Lincoln Way", "Salt Lake City", "UT", "84144", "US"],
        ),
        (
            "1 A St  Apt 2  Boston  MA  02134  US",
            None,
            ["1 A St, Apt 2", "Boston", "MA", "02134", "US"],
        ),
        (
            "Azadi Avenue 71  Isfahan    8128965098  IR",
            None,
            ["Azadi Avenue 71", "Isfahan", "", "8128965098", "IR"],
        ),
        (
            "50 Al Maktoum Street  Dubai      AE",
            None,
            ["50 Al Maktoum Street", "Dubai", "", "", "AE"],
        ),
        (
            "12 Main St, Boston, MA 02134",
            Some("US"),
            ["12 Main St", "Boston", "MA", "02134", ""],
        ),
        (
            "12 Main St\nBoston, MA 02134\nUSA",
            None,
            ["12 Main St", "Boston", "MA", "02134", "US"],
        ),
        (
            "Hauptstr. 5, 10115 Berlin, Deutschland",
            None,
            ["Hauptstr. 5", "Berlin", "", "10115", "DE"],
        ),
        (
            "10 Downing Street, London SW1A 2AA, UK",
            None,
            ["10 Downing Street", "London", "", "SW1A 2AA", "GB"],
        ),
    ];
    for (raw, default, want) in table {
        assert_eq!(taken_apart(raw, default), want, "{raw}");
    }
}

#[test]
fn postcodes_and_regions_follow_the_country() {
    let rules = rules();
    for (code, region, country, want_code, want_region, rule) in [
        ("2134", "Massachusetts", "US", "02134", "MA", ""),
        ("2134", "", "US", "2134", "", "postcode_leading_zero"),
        ("2134", "TX", "US", "2134", "TX", "postcode_leading_zero"),
        ("02134-1234", "mass", "US", "02134-1234", "MA", ""),
        ("021341234", "", "US", "02134-1234", "", ""),
        ("sw1a2aa", "England", "GB", "SW1A 2AA", "England", ""),
        ("k1a0b1", "Ontario", "CA", "K1A 0B1", "ON", ""),
        ("D-10115", "Bavaria", "DE", "10115", "Bayern", ""),
        ("1067", "Sachsen", "DE", "01067", "Sachsen", ""),
        ("00950", "", "PL", "00-950", "", ""),
        ("1234ab", "", "NL", "1234 AB", "", ""),
        ("1000001", "", "JP", "100-0001", "", ""),
        ("۸۱۲۸۹۶۵۰۹۸", "", "IR", "8128965098", "", ""),
        ("abc", "", "DE", "abc", "", "postcode_form_unknown"),
        ("84144.0", "", "US", "84144", "", ""),
    ] {
        let out = standardise(
            RawAddress {
                postcode: Some(code),
                region: Some(region).filter(|region| !region.is_empty()),
                country: Some(country),
                ..RawAddress::default()
            },
            &rules,
        );
        assert_eq!(out.postcode.value.as_deref(), Some(want_code), "{code}");
        assert_eq!(
            out.region.value.as_deref().unwrap_or(""),
            want_region,
            "{code}"
        );
        assert_eq!(
            out.postcode.doubts.first().map_or("", |doubt| doubt.rule),
            rule,
            "{code} {country}"
        );
    }
}

#[test]
fn streets_are_joined() {
    let rules = rules();
    for (street, number, second, country, want) in [
        ("Main St", "12", "", "US", "12 Main St"),
        ("Hauptstraße", "5a", "", "DE", "Hauptstraße 5a"),
        ("Hauptstraße 5a", "5a", "", "DE", "Hauptstraße 5a"),
        ("12 MAIN ST NW", "", "apt 4", "US", "12 Main St NW, apt 4"),
        ("a\nb", "", "", "US", "a, b"),
    ] {
        let out = standardise(
            RawAddress {
                street: Some(street),
                street_number: Some(number).filter(|text| !text.is_empty()),
                street_2: Some(second).filter(|text| !text.is_empty()),
                country: Some(country),
                ..RawAddress::default()
            },
            &rules,
        );
        assert_eq!(out.street.value.as_deref(), Some(want));
    }
}

#[test]
fn the_lists_have_their_form() {
    let rulebook = Rulebook::builtin();
    let countries = super::super::lists::rows(&rulebook, "countries/countries.csv");
    assert_eq!(countries.len(), 249);
    for row in &countries {
        assert_eq!(row.len(), 11, "{row:?}");
        assert!(
            row[0].len() == 2 && row[1].len() == 3 && !row[2].is_empty(),
            "{row:?}"
        );
        let rules = rules();
        for at in [0, 1, 2] {
            assert_eq!(rules.country(&row[at]), Some(&row[0]), "{row:?}");
        }
    }
    for row in &super::super::lists::rows(&rulebook, "addresses/regions.csv") {
        assert!(matches!(&row[3], "code" | "name"), "{row:?}");
        assert!(rules().is_code(&row[0]), "{row:?}");
    }
}

proptest::proptest! {
    #[test]
    fn standardising_twice_changes_nothing(
        street in "\\PC{0,20}", city in "[A-Za-z, ]{0,12}", region in "(MA|mass|MA 02134|\\PC{0,5})",
        postcode in "([0-9]{2,9}|[a-zA-Z0-9 .=-]{0,9})", country in "(US|de|gb|x|)",
    ) {
        let rules = rules();
        let some = |text: &'static str| Some(text);
        let _ = some;
        let first = standardise(RawAddress {
            street: Some(&street), city: Some(&city), region: Some(&region), postcode: Some(&postcode),
            country: Some(country.as_str()), ..RawAddress::default()
        }, &rules);
        let again = standardise(RawAddress {
            street: first.street.value.as_deref(), city: first.city.value.as_deref(), region: first.region.value.as_deref(),
            postcode: first.postcode.value.as_deref(), country: first.country.value.as_deref(), ..RawAddress::default()
        }, &rules);
        proptest::prop_assert_eq!(&again.street.value, &first.street.value);
        proptest::prop_assert_eq!(&again.city.value, &first.city.value);
        proptest::prop_assert_eq!(&again.region.value, &first.region.value);
        proptest::prop_assert_eq!(&again.postcode.value, &first.postcode.value);
        proptest::prop_assert_eq!(&again.country.value, &first.country.value);
    }

    #[test]
    fn no_text_breaks_it(address in "\\PC{0,60}", default in "(US|DE|XX)") {
        let _ = standardise(RawAddress { address: Some(&address), default_country: Some(&default), ..RawAddress::default() }, &rules());
    }
}
