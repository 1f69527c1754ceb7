//! The five exports: which people a system holds, how often, and its fifteen columns.

use super::damage::{self, Noise};
use super::people::{DAYS, Job, Person, Shape, World};
use super::rng::Rng;

pub struct System {
    /// Source name and file stem.
    pub name: &'static str,
    pub id: &'static str,
    pub header: [&'static str; 15],
    pub delimiter: u8,
    pub bom: bool,
    /// Share of the people that it holds, and share of those that it holds twice.
    pub share: f64,
    pub twice: f64,
    prefer_work: f64,
    noise: Noise,
    cells: fn(&View, u64) -> [String; 15],
}

/// A person as one system saw him on one day.
struct View<'a> {
    person: &'a Person,
    given: String,
    family: String,
    email: String,
    phone: String,
    mobile: String,
    company: String,
    title: String,
    address: bool,
    /// `None` is "never asked".
    opt_out: Option<bool>,
    created: u32,
    updated: u32,
    rng: Rng,
}

pub const SYSTEMS: [System; 5] = [
    System {
        name: "salesforce",
        id: "Id",
        header: [
            "Id",
            "FirstName",
            "LastName",
            "Suffix",
            "Title",
            "Account.Name",
            "Email",
            "Phone",
            "MobilePhone",
            "MailingCity",
            "MailingState",
            "MailingPostalCode",
            "MailingCountry",
            "HasOptedOutOfEmail",
            "LastModifiedDate",
        ],
        delimiter: b',',
        bom: false,
        share: 0.56,
        twice: 0.05,
        prefer_work: 0.85,
        noise: Noise {
            typo: 0.015,
            missing: 0.6,
            casual: 0.1,
        },
        cells: salesforce,
    },
    System {
        name: "hubspot",
        id: "Record ID",
        header: [
            "Record ID",
            "First Name",
            "Last Name",
            "Email",
            "Phone Number",
            "Mobile Phone Number",
            "Job Title",
            "Company Name",
            "City",
            "State/Region",
            "Country/Region",
            "Lifecycle Stage",
            "Contact owner",
            "Unsubscribed from all email",
            "Last Modified Date",
        ],
        delimiter: b',',
        bom: false,
        share: 0.56,
        twice: 0.04,
        prefer_work: 0.6,
        noise: Noise {
            typo: 0.02,
            missing: 0.8,
            casual: 0.3,
        },
        cells: hubspot,
    },
    System {
        name: "mailchimp",
        id: "LEID",
        header: [
            "Email Address",
            "First Name",
            "Last Name",
            "Address",
            "Phone Number",
            "Company",
            "Birthday",
            "Status",
            "MEMBER_RATING",
            "OPTIN_TIME",
            "CONFIRM_TIME",
            "CC",
            "LAST_CHANGED",
            "LEID",
            "EUID",
        ],
        delimiter: b',',
        bom: false,
        share: 0.34,
        twice: 0.03,
        prefer_work: 0.35,
        noise: Noise {
            typo: 0.02,
            missing: 0.4,
            casual: 0.4,
        },
        cells: mailchimp,
    },
    System {
        name: "events",
        id: "Attendee ID",
        header: [
            "Attendee ID",
            "Event",
            "Attendee Name",
            "Badge Type",
            "Position",
            "Organisation",
            "E-mail",
            "Telephone",
            "City",
            "Country",
            "Marketing Consent",
            "Scanned At",
            "Lead Rating",
            "Hall",
            "Booth",
        ],
        delimiter: b',',
        bom: true,
        share: 0.34,
        twice: 0.2,
        prefer_work: 0.8,
        noise: Noise {
            typo: 0.04,
            missing: 1.0,
            casual: 0.8,
        },
        cells: events,
    },
    System {
        name: "spreadsheet",
        id: "No",
        header: [
            "No",
            "Full Name",
            "Company / Org",
            "Role",
            "E-mail",
            "Tel.",
            "Street",
            "City",
            "Postal Code",
            "Country",
            "Status",
            "Opt out?",
            "Last contact",
            "Rep",
            "Notes",
        ],
        delimiter: b';',
        bom: true,
        share: 0.22,
        twice: 0.05,
        prefer_work: 0.7,
        noise: Noise {
            typo: 0.05,
            missing: 1.2,
            casual: 1.0,
        },
        cells: spreadsheet,
    },
];

/// Records of one person in one system.
pub fn copies(world: &World, system: usize, person: u64) -> u32 {
    if world.shape == Shape::Unique {
        return u32::from(person % SYSTEMS.len() as u64 == system as u64);
    }
    let count = |system: usize| {
        let mut rng = Rng::of(&[world.seed, 10 + system as u64, person]);
        if rng.chance(SYSTEMS[system].share) {
            1 + u32::from(rng.chance(SYSTEMS[system].twice))
        } else {
            0
        }
    };
    let here = count(system);
    // Nobody is in no system at all: HubSpot takes those.
    if here == 0 && system == 1 && (0..SYSTEMS.len()).all(|other| count(other) == 0) {
        return 1;
    }
    here
}

/// The employer of a day.
pub fn job_on(person: &Person, day: u32) -> &Job {
    match &person.former {
        Some((job, until)) if day < *until => job,
        _ => &person.job,
    }
}

/// Record id and cells of one record.
pub fn record(
    world: &World,
    system: usize,
    index: u64,
    copy: u32,
    row: u64,
) -> (String, [String; 15]) {
    let described = &SYSTEMS[system];
    let noise = described.noise;
    let person = world.person(index);
    let mut rng = Rng::of(&[world.seed, 20 + system as u64, index, u64::from(copy)]);
    let created = rng.below(DAYS as usize) as u32;
    let updated = created + rng.below((DAYS - created) as usize) as u32;
    let job = job_on(&person, updated);
    let (given, family) = damage::name(&person, updated, noise, &mut rng);
    let email = damage::email(&person, updated, described.prefer_work, noise, &mut rng);
    let line = match rng.below(10) {
        0..3 => &job.employer.switchboard,
        3..6 => &job.direct,
        6..8 => &person.landline,
        _ => &person.mobile,
    };
    let country = person.place.country;
    let phone = optional(0.35 * noise.missing, &mut rng, |rng| {
        damage::phone(line, country, noise, rng)
    });
    let mobile = optional(0.55 * noise.missing, &mut rng, |rng| {
        damage::phone(&person.mobile, country, noise, rng)
    });
    let company = damage::company(&job.employer.name, job.employer.legal_form, noise, &mut rng);
    let title = optional(0.3 * noise.missing, &mut rng, |rng| {
        if rng.chance(0.3 * noise.casual) {
            job.title.to_lowercase()
        } else {
            job.title.clone()
        }
    });
    let address = !rng.chance(0.4 * noise.missing);
    // An opt-out reaches some systems and not others.
    let opt_out = match (person.opted_out, rng.below(10)) {
        (true, 0..5) => Some(true),
        (_, 0..7) => Some(false),
        _ => None,
    };
    let view = View {
        person: &person,
        given,
        family,
        email,
        phone,
        mobile,
        company,
        title,
        address,
        opt_out,
        created,
        updated,
        rng,
    };
    let cells = (described.cells)(&view, row);
    let at = described
        .header
        .iter()
        .position(|header| *header == described.id)
        .unwrap_or(0);
    (cells[at].clone(), cells)
}

fn optional(missing: f64, rng: &mut Rng, value: impl FnOnce(&mut Rng) -> String) -> String {
    if rng.chance(missing) {
        String::new()
    } else {
        value(rng)
    }
}

fn salesforce(view: &View, row: u64) -> [String; 15] {
    let place = view.person.place;
    let there = |text: &str| {
        if view.address {
            text.to_owned()
        } else {
            String::new()
        }
    };
    [
        salesforce_id(row),
        view.given.clone(),
        view.family.clone(),
        view.person.suffix.to_owned(),
        view.title.clone(),
        view.company.clone(),
        view.email.trim().to_owned(),
        view.phone.clone(),
        view.mobile.clone(),
        there(place.city),
        there(place.region),
        there(&view.person.postcode),
        there(place.country_name),
        (view.opt_out == Some(true)).to_string(),
        format!("{}T{:02}:15:00.000+0000", date(view.updated), row % 24),
    ]
}

fn hubspot(view: &View, row: u64) -> [String; 15] {
    let mut rng = view.rng.clone();
    let place = view.person.place;
    [
        (50_000_001 + row * 7).to_string(),
        view.given.clone(),
        with_suffix(&view.family, view.person.suffix, &mut rng),
        view.email.clone(),
        view.phone.clone(),
        view.mobile.clone(),
        view.title.clone(),
        view.company.clone(),
        if view.address {
            place.city.to_owned()
        } else {
            String::new()
        },
        if view.address {
            place.region.to_owned()
        } else {
            String::new()
        },
        rng.pick(&[place.country_name, place.country_name, place.country, ""])
            .to_owned(),
        rng.pick(&[
            "Subscriber",
            "Lead",
            "Marketing Qualified Lead",
            "Opportunity",
            "Customer",
            "",
        ])
        .to_owned(),
        rng.pick(&["Dana Whitlock", "Marcus Eide", "Ana Ruiz", ""])
            .to_owned(),
        view.opt_out.map(|out| out.to_string()).unwrap_or_default(),
        format!("{} {:02}:{:02}", date(view.updated), row % 24, row % 60),
    ]
}

fn mailchimp(view: &View, row: u64) -> [String; 15] {
    let mut rng = view.rng.clone();
    let (person, place) = (view.person, view.person.place);
    let time = |day: u32| format!("{} 08:{:02}:09", date(day), row % 60);
    [
        // The system's key: never empty.
        if view.email.trim().contains('@') {
            view.email.trim().to_owned()
        } else {
            person.personal_email.clone()
        },
        view.given.clone(),
        view.family.clone(),
        if view.address && rng.chance(0.4) {
            format!(
                "{}  {}  {}  {}  {}",
                person.street, place.city, place.region, person.postcode, place.country
            )
        } else {
            String::new()
        },
        if rng.chance(0.3) {
            view.mobile.clone()
        } else {
            String::new()
        },
        if rng.chance(0.4) {
            view.company.clone()
        } else {
            String::new()
        },
        if rng.chance(0.25) {
            format!("{:02}/{:02}", person.born.1, person.born.2)
        } else {
            String::new()
        },
        if view.opt_out == Some(true) {
            "unsubscribed"
        } else {
            "subscribed"
        }
        .to_owned(),
        (1 + rng.below(5)).to_string(),
        time(view.created),
        time(view.created),
        if rng.chance(0.5) {
            place.country.to_owned()
        } else {
            String::new()
        },
        time(view.updated),
        (1_000_001 + row * 13).to_string(),
        format!("{:010x}", row.wrapping_mul(0x9e37_79b1) % (1 << 40)),
    ]
}

fn events(view: &View, row: u64) -> [String; 15] {
    let mut rng = view.rng.clone();
    let place = view.person.place;
    let name = with_suffix(&full_name(view, &mut rng), view.person.suffix, &mut rng);
    let (year, month, day) = civil(view.updated);
    [
        format!("ATT-{}", 100_001 + row * 3),
        format!(
            "{} {year}",
            rng.pick(&["Data Quality Day", "Growth Forum", "Supply Summit"])
        ),
        name,
        rng.pick(&["Attendee", "Speaker", "Exhibitor", "Press"])
            .to_owned(),
        view.title.clone(),
        view.company.clone(),
        view.email.clone(),
        view.phone.clone(),
        if view.address {
            place.city.to_owned()
        } else {
            String::new()
        },
        rng.pick(&[place.country_name, place.country, ""])
            .to_owned(),
        match view.opt_out {
            Some(true) => "N",
            Some(false) => "Y",
            None => "",
        }
        .to_owned(),
        format!(
            "{month:02}/{day:02}/{year} {:02}:{:02} PM",
            1 + row % 11,
            row % 60
        ),
        rng.pick(&["A", "B", "cold", "hot", ""]).to_owned(),
        rng.pick(&["1", "2", "3"]).to_owned(),
        (1 + rng.below(400)).to_string(),
    ]
}

fn spreadsheet(view: &View, row: u64) -> [String; 15] {
    let mut rng = view.rng.clone();
    let (person, place) = (view.person, view.person.place);
    let (year, month, day) = civil(view.updated);
    let missing = |rng: &mut Rng| rng.pick(&["", "", "N/A", "-"]).to_owned();
    [
        (row + 1).to_string(),
        full_name(view, &mut rng),
        view.company.clone(),
        view.title.clone(),
        if view.email.is_empty() {
            missing(&mut rng)
        } else {
            view.email.clone()
        },
        if view.phone.is_empty() {
            missing(&mut rng)
        } else {
            view.phone.clone()
        },
        if view.address && rng.chance(0.5) {
            person.street.clone()
        } else {
            String::new()
        },
        if view.address {
            place.city.to_owned()
        } else {
            String::new()
        },
        if view.address && rng.chance(0.5) {
            person.postcode.clone()
        } else {
            String::new()
        },
        rng.pick(&[place.country_name, place.country, ""])
            .to_owned(),
        rng.pick(&["Lead", "SQL", "client - active", "customer", ""])
            .to_owned(),
        if view.opt_out == Some(true) {
            rng.pick(&["yes", "x", "YES"]).to_owned()
        } else {
            String::new()
        },
        format!("{day:02}.{month:02}.{year}"),
        rng.pick(&["Tom", "Anna", ""]).to_owned(),
        rng.pick(&["", "", "", "moved?", "met at the fair; call back", "VIP"])
            .to_owned(),
    ]
}

fn full_name(view: &View, rng: &mut Rng) -> String {
    let (given, family) = (view.given.trim(), view.family.trim());
    match rng.below(8) {
        _ if given.is_empty() || family.is_empty() => format!("{given}{family}"),
        0 => format!("{family}, {given}"),
        1 => format!(
            "{} {given} {family}",
            if view.person.female { "Ms" } else { "Mr" }
        ),
        _ => format!("{given} {family}"),
    }
}

fn with_suffix(name: &str, suffix: &str, rng: &mut Rng) -> String {
    if suffix.is_empty() || name.is_empty() || rng.chance(0.3) {
        name.to_owned()
    } else {
        format!("{name} {suffix}.")
    }
}

/// Eighteen characters with the checksum over the letters' case.
fn salesforce_id(row: u64) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut id = String::from("0035g00000");
    let mut rest = row + 9_000_000;
    let mut tail = [0u8; 5];
    for slot in tail.iter_mut().rev() {
        *slot = LETTERS[(rest % 62) as usize];
        rest /= 62;
    }
    id.extend(tail.iter().map(|byte| char::from(*byte)));
    let sums: Vec<u8> = id
        .as_bytes()
        .chunks(5)
        .map(|five| {
            five.iter()
                .enumerate()
                .map(|(at, byte)| u8::from(byte.is_ascii_uppercase()) << at)
                .sum()
        })
        .collect();
    id.extend(
        sums.iter()
            .map(|sum| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[*sum as usize])),
    );
    id
}

fn date(day: u32) -> String {
    let (year, month, day) = civil(day);
    format!("{year}-{month:02}-{day:02}")
}

/// Year, month, day of the day after 2016-01-01.
fn civil(day: u32) -> (u32, u32, u32) {
    let leap = |year: u32| year.is_multiple_of(4);
    let mut rest = day;
    let mut year = 2016;
    while rest >= 365 + u32::from(leap(year)) {
        rest -= 365 + u32::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for days in [
        31,
        28 + u32::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ] {
        if rest < days {
            break;
        }
        rest -= days;
        month += 1;
    }
    (year, month, rest + 1)
}
