//! Who there is: a person or an employer is a pure function of its number and the
//! seed, so that any source can ask for any of them without a table in memory.

use super::rng::{Rng, Shuffle};
use std::sync::LazyLock;

/// What is true of one person.
#[derive(Clone)]
pub struct Person {
    pub female: bool,
    pub given: &'static str,
    pub nicknames: &'static [&'static str],
    pub middle: char,
    pub family: String,
    /// The family name before a marriage.
    pub maiden: Option<String>,
    pub suffix: &'static str,
    /// Year, month, day.
    pub born: (u32, u32, u32),
    pub mobile: String,
    /// Of the household; shared.
    pub landline: String,
    pub personal_email: String,
    /// One mailbox for the whole family, where there is one.
    pub family_email: Option<String>,
    pub place: &'static Place,
    pub street: String,
    pub postcode: String,
    /// The present employer, and the one before with the day of the change.
    pub job: Job,
    pub former: Option<(Job, u32)>,
    pub opted_out: bool,
}

#[derive(Clone)]
pub struct Job {
    pub employer: Employer,
    pub title: String,
    pub email: String,
    pub direct: String,
}

#[derive(Clone)]
pub struct Employer {
    pub name: String,
    pub legal_form: &'static str,
    pub domain: String,
    pub switchboard: String,
    /// Expected share of all people, for the mailbox rule.
    pub large: bool,
}

pub struct Place {
    pub country: &'static str,
    pub country_name: &'static str,
    pub city: &'static str,
    pub region: &'static str,
    pub postcode: &'static str,
    /// Country code and area, as dialled from abroad; seven digits follow.
    pub dial: &'static str,
}

/// What is odd about a world, so that the worst cases are in the bench, too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing.
    Usual,
    /// Nobody is in two systems or twice in one: every merge is wrong.
    Unique,
    /// A dozen names and one employer for half of the people: one huge block.
    Alike,
    /// Three hundred columns a system.
    Wide,
    /// One phone, address, company or name on a hundred thousand records.
    SharedPhone,
    SharedEmail,
    SharedCompany,
    SharedName,
    /// Every record of a system is the same one.
    Copies,
    /// Everybody has the same family name.
    Surname,
}

impl Shape {
    pub const ALL: [(&'static str, Self); 10] = [
        ("usual", Self::Usual),
        ("unique", Self::Unique),
        ("alike", Self::Alike),
        ("wide", Self::Wide),
        ("phone", Self::SharedPhone),
        ("email", Self::SharedEmail),
        ("company", Self::SharedCompany),
        ("name", Self::SharedName),
        ("copies", Self::Copies),
        ("surname", Self::Surname),
    ];
}

/// The whole invented world of one seed.
pub struct World {
    pub seed: u64,
    pub shape: Shape,
    pub persons: u64,
    employers: u64,
    numbers: Shuffle,
}

/// Days that the records of the world span: 2016-01-01 to 2025-09-30.
pub const DAYS: u32 = 3_560;

impl World {
    pub fn new(seed: u64, persons: u64, shape: Shape) -> Self {
        Self {
            seed,
            shape,
            persons,
            employers: (persons / 12).max(3),
            numbers: Shuffle::new(8_000_000, seed ^ 0x7e1e),
        }
    }

    pub fn person(&self, index: u64) -> Person {
        // Every fortieth person is married to the one before and lives with him; every
        // two hundredth is the one before's child of the same name.
        let spouse = index % 40 == 1;
        let child = index % 200 == 3;
        let mut person = self.alone(index);
        if index > 0 && (spouse || child) {
            let head = self.alone(index - 1);
            person.family = head.family.clone();
            person.landline = head.landline.clone();
            person.place = head.place;
            person.street = head.street.clone();
            person.postcode = head.postcode.clone();
            person.family_email = Some(family_email(&head));
            if child {
                (person.female, person.given, person.nicknames) =
                    (head.female, head.given, head.nicknames);
                person.suffix = if head.female { "" } else { "Jr" };
                person.born.0 = (head.born.0 + 27).min(2004);
            }
            self.mailboxes(index, &mut person);
        } else if index.is_multiple_of(40) && index + 1 < self.persons {
            person.family_email = Some(family_email(&person));
        } else if index % 200 == 2 && !person.female && index + 1 < self.persons {
            person.suffix = "Sr";
        }
        person
    }

    fn alone(&self, index: u64) -> Person {
        let mut rng = Rng::of(&[self.seed, 1, index]);
        let female = rng.chance(0.5);
        let (given, nicknames) = NAMES.given(female, self.shape, &mut rng);
        let family = NAMES.family(self.shape, &mut rng);
        let maiden = (female && rng.chance(0.06)).then(|| NAMES.family(self.shape, &mut rng));
        let place = &PLACES[skewed(&mut rng, PLACES.len(), 1.6)];
        let mobile = self.number(place, index * 2);
        let landline = self.number(place, index * 2 + 1);
        let former_day = rng.chance(0.13).then(|| 300 + rng.below(3_000) as u32);
        let mut person = Person {
            female,
            given,
            nicknames,
            middle: char::from(b'A' + rng.below(26) as u8),
            family,
            maiden,
            suffix: "",
            born: (
                1945 + rng.below(59) as u32,
                1 + rng.below(12) as u32,
                1 + rng.below(28) as u32,
            ),
            mobile,
            landline,
            personal_email: String::new(),
            family_email: None,
            place,
            street: format!(
                "{} {} {}",
                1 + rng.below(2_400),
                rng.pick(STREETS),
                rng.pick(&["St", "Ave", "Rd", "Lane", "Drive", "Way", "Court"])
            ),
            postcode: String::new(),
            job: self.job(index, 0, place),
            former: former_day.map(|day| (self.job(index, 1, place), day)),
            opted_out: rng.chance(0.12),
        };
        person.postcode = place
            .postcode
            .chars()
            .map(|c| match c {
                '#' => char::from(b'0' + rng.below(10) as u8),
                '@' => char::from(b'A' + rng.below(26) as u8),
                c => c,
            })
            .collect();
        self.mailboxes(index, &mut person);
        person
    }

    /// Addresses follow from the name, so they are made last.
    fn mailboxes(&self, index: u64, person: &mut Person) {
        let mut rng = Rng::of(&[self.seed, 2, index]);
        let (given, family) = (ascii(person.given), ascii(&person.family));
        let initial = &given[..1.min(given.len())];
        // A common name is only free with a number behind it.
        let number = match rng.below(4) {
            0 if !NAMES.is_common(&person.family) => String::new(),
            1 => format!("{}", person.born.0 % 100),
            2 => format!("{}", person.born.0),
            _ => format!("{}", index % 10_000),
        };
        let local = match rng.below(4) {
            0 => format!("{given}.{family}{number}"),
            1 => format!("{given}{family}{number}"),
            2 => format!("{initial}{family}{number}"),
            _ => format!("{family}.{given}{number}"),
        };
        let provider = PROVIDERS[skewed(&mut rng, PROVIDERS.len(), 1.8)];
        person.personal_email = format!("{local}@{provider}");
        let address = |employer: &Employer| {
            let style = employer.domain.len() % 4;
            let local = if employer.large {
                // Mailboxes are unique, and a large house has namesakes.
                if NAMES.is_common(&person.family) {
                    format!("{given}.{family}{}", index % 1_000)
                } else {
                    format!("{given}.{family}")
                }
            } else {
                match style {
                    0 | 1 => format!("{given}.{family}"),
                    2 => format!("{initial}{family}"),
                    _ => format!("{given}{family}"),
                }
            };
            format!("{local}@{}", employer.domain)
        };
        person.job.email = address(&person.job.employer);
        if let Some((job, _)) = &mut person.former {
            job.email = address(&job.employer);
        }
    }

    fn job(&self, index: u64, which: u64, place: &Place) -> Job {
        let mut rng = Rng::of(&[self.seed, 3, index, which]);
        // A few large houses, many small ones.
        let number = if self.shape == Shape::Alike && rng.chance(0.5) {
            0
        } else {
            (rng.unit().powi(2) * self.employers as f64) as u64
        };
        let employer = self.employer(number.min(self.employers - 1));
        let title = match rng.below(4) {
            0 => format!("{} {}", rng.pick(RANKS), rng.pick(AREAS)),
            1 => format!(
                "{} of {}",
                rng.pick(&["Head", "VP", "Director"]),
                rng.pick(AREAS)
            ),
            2 => format!("{} Manager", rng.pick(AREAS)),
            _ => format!(
                "{} {}",
                rng.pick(AREAS),
                rng.pick(&["Specialist", "Analyst", "Lead"])
            ),
        };
        // Direct lines lie in a range of their own, so that no two people share one.
        let direct = self.number(place, (self.persons + index) * 2 + which);
        Job {
            employer,
            title,
            email: String::new(),
            direct,
        }
    }

    fn employer(&self, number: u64) -> Employer {
        let mut rng = Rng::of(&[self.seed, 4, number]);
        // Mixed radix: no two employers share a name before the words run out.
        let mut rest = number as usize;
        let mut digit = |radix: usize| {
            let digit = rest % radix;
            rest /= radix;
            digit
        };
        let (first, second) = (digit(HOUSE_FIRST.len()), digit(HOUSE_SECOND.len()));
        let trade = (digit(HOUSE_TRADE.len()) + first * 7 + second * 11) % HOUSE_TRADE.len();
        let (first, second, trade) = (HOUSE_FIRST[first], HOUSE_SECOND[second], HOUSE_TRADE[trade]);
        let name = if rest == 0 {
            format!("{first} {second} {trade}")
        } else {
            format!("{first} {second} {trade} {}", rest + 1)
        };
        let domain = format!(
            "{}.{}",
            ascii(&name),
            rng.pick(&["com", "com", "com", "io", "net", "co"])
        );
        let place = &PLACES[skewed(&mut rng, PLACES.len(), 1.6)];
        Employer {
            name,
            legal_form: rng.pick(&["Inc.", "LLC", "Ltd", "Corp.", "GmbH", "Group", "& Co."]),
            domain,
            switchboard: self.number(place, (self.persons * 4) + number),
            large: number * 50 < self.employers,
        }
    }

    /// A phone of the place, the same for the same ordinal, different for another
    /// while there are fewer than eight million of them.
    fn number(&self, place: &Place, ordinal: u64) -> String {
        // An exchange starts with 2 to 9.
        let value = self.numbers.at(ordinal % 8_000_000) + 2_000_000;
        format!("{}{value:07}", place.dial)
    }
}

fn family_email(head: &Person) -> String {
    format!(
        "{}family{}@gmail.com",
        ascii(&head.family),
        head.street.len() * 37 + head.born.2 as usize
    )
}

/// Low numbers often, high ones seldom.
fn skewed(rng: &mut Rng, n: usize, power: f64) -> usize {
    ((rng.unit().powf(power) * n as f64) as usize).min(n - 1)
}

/// Lower case, letters and digits only, accents off.
pub fn ascii(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' => plain.push(c),
            'A'..='Z' => plain.push(c.to_ascii_lowercase()),
            _ => plain.extend(
                any_ascii::any_ascii_char(c)
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .map(|c| c.to_ascii_lowercase()),
            ),
        }
    }
    plain
}

/// The name lists with cumulative weights.
struct Names {
    female: Vec<(f64, &'static str, Vec<&'static str>)>,
    male: Vec<(f64, &'static str, Vec<&'static str>)>,
    family: Vec<(f64, &'static str)>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names {
        female: Vec::new(),
        male: Vec::new(),
        family: Vec::new(),
    };
    for line in lines(include_str!("given.txt")) {
        let mut words = line.split_whitespace();
        let list = if words.next() == Some("f") {
            &mut names.female
        } else {
            &mut names.male
        };
        let Some(name) = words.next() else { continue };
        let before = list.last().map_or(0.0, |entry| entry.0);
        let weight = before + 1.0 / (list.len() as f64 + 12.0);
        list.push((weight, name, words.collect()));
    }
    for name in lines(include_str!("surnames.txt")).flat_map(str::split_whitespace) {
        let before = names.family.last().map_or(0.0, |entry| entry.0);
        let weight = before + 1.0 / (names.family.len() as f64 + 30.0);
        names.family.push((weight, name));
    }
    names
});

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
}

impl Names {
    fn given(
        &'static self,
        female: bool,
        shape: Shape,
        rng: &mut Rng,
    ) -> (&'static str, &'static [&'static str]) {
        let list = if female { &self.female } else { &self.male };
        if shape == Shape::Alike {
            let entry = &list[rng.below(6)];
            return (entry.1, &entry.2);
        }
        let total = list.last().map_or(0.0, |entry| entry.0);
        let at = rng.unit() * total;
        let index = list
            .partition_point(|entry| entry.0 <= at)
            .min(list.len() - 1);
        (list[index].1, &list[index].2)
    }

    /// Half of the people bear a common name, as in the United States; the others one
    /// of some ten thousand that are put together.
    fn family(&'static self, shape: Shape, rng: &mut Rng) -> String {
        if shape == Shape::Surname {
            return "Taylor".to_owned();
        }
        if shape == Shape::Alike {
            return self.family[rng.below(12)].1.to_owned();
        }
        if rng.chance(0.52) {
            let total = self.family.last().map_or(0.0, |entry| entry.0);
            let at = rng.unit() * total;
            let index = self.family.partition_point(|entry| entry.0 <= at);
            return self.family[index.min(self.family.len() - 1)].1.to_owned();
        }
        let first = FAMILY_FIRST[skewed(rng, FAMILY_FIRST.len(), 1.5)];
        let middle = FAMILY_MIDDLE[skewed(rng, FAMILY_MIDDLE.len(), 2.0)];
        let last = FAMILY_LAST[skewed(rng, FAMILY_LAST.len(), 1.5)];
        format!("{first}{middle}{last}")
    }

    fn is_common(&self, family: &str) -> bool {
        self.family.iter().take(300).any(|entry| entry.1 == family)
    }
}

const PROVIDERS: &[&str] = &[
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "gmx.de",
    "web.de",
    "mail.com",
    "comcast.net",
    "protonmail.com",
    "orange.fr",
    "abv.bg",
];
const RANKS: &[&str] = &[
    "Senior",
    "Junior",
    "Chief",
    "Deputy",
    "Associate",
    "Principal",
];
const AREAS: &[&str] = &[
    "Procurement",
    "Sales",
    "Marketing",
    "Finance",
    "Quality",
    "Logistics",
    "Research",
    "Product",
    "Legal",
    "Operations",
    "Security",
    "Support",
    "Data",
    "Facilities",
    "Training",
    "Partnerships",
];
const STREETS: &[&str] = &[
    "Oak",
    "Maple",
    "Cedar",
    "Elm",
    "Washington",
    "Lake",
    "Hill",
    "Park",
    "Main",
    "Church",
    "Mill",
    "River",
    "Spring",
    "Sunset",
    "Ridge",
    "Highland",
    "Franklin",
    "Jefferson",
    "Orchard",
    "Harbor",
    "Foundry",
    "Canal",
];
const HOUSE_FIRST: &[&str] = &[
    "Blue",
    "North",
    "Silver",
    "Summit",
    "Granite",
    "Harbor",
    "Cedar",
    "Iron",
    "Crescent",
    "Prairie",
    "Golden",
    "Cobalt",
    "Willow",
    "Falcon",
    "Beacon",
    "Redwood",
    "Copper",
    "Meridian",
    "Orchard",
    "Stellar",
    "Juniper",
    "Atlas",
    "Quill",
    "Raven",
    "Amber",
    "Marble",
    "Delta",
    "Pioneer",
    "Lantern",
    "Evergreen",
    "Slate",
    "Coral",
    "Thistle",
    "Zephyr",
    "Bramble",
    "Onyx",
    "Saffron",
    "Tidal",
    "Vertex",
    "Walnut",
];
const HOUSE_SECOND: &[&str] = &[
    "Heron", "Field", "Canyon", "Bridge", "Anchor", "Compass", "Valley", "Stone", "River", "Point",
    "Ridge", "Grove", "Harbor", "Peak", "Meadow", "Forge", "Gate", "Lake", "Crest", "Brook",
    "Hollow", "Mesa", "Bay", "Cliff", "Garden", "Mill", "Wharf", "Spire", "Orbit", "Trail",
    "Basin", "Cove", "Dune", "Fen", "Glen",
];
const HOUSE_TRADE: &[&str] = &[
    "Foods",
    "Logistics",
    "Software",
    "Instruments",
    "Robotics",
    "Publishing",
    "Freight",
    "Systems",
    "Partners",
    "Materials",
    "Energy",
    "Labs",
    "Health",
    "Media",
    "Textiles",
    "Capital",
    "Networks",
    "Pharma",
    "Design",
    "Motors",
    "Realty",
    "Optics",
    "Water",
    "Tools",
    "Analytics",
    "Chemicals",
    "Brewing",
    "Aviation",
    "Timber",
    "Security",
];
const FAMILY_FIRST: &[&str] = &[
    "Ash", "Black", "Brad", "Cal", "Dun", "East", "Fair", "Gold", "Hal", "Holl", "Kings", "Lang",
    "Marl", "Nor", "Oak", "Pem", "Rad", "Sand", "Stan", "Thorn", "Wad", "Whit", "Win", "Wool",
    "Ald", "Bran", "Chat", "Crom", "Den", "Elm", "Farn", "Grim", "Hart", "Hazel", "Ing", "Kel",
    "Leigh", "Mor", "Nether", "Over", "Pres", "Quar", "Ross", "Sel", "Tarn", "Up", "Ver", "West",
    "York", "Bart", "Cav", "Dray", "Ever", "Frob", "Gal", "Hev", "Is", "Jar", "Kirk", "Lut", "Mal",
    "Nev", "Orm", "Pol",
];
const FAMILY_MIDDLE: &[&str] = &["", "", "er", "ing", "en", "el", "ers", "in"];
const FAMILY_LAST: &[&str] = &[
    "ton", "ley", "ford", "wood", "field", "well", "worth", "man", "ham", "by", "land", "ridge",
    "stead", "burn", "more", "wick", "den", "combe", "thorpe", "shaw", "croft", "bury", "dale",
    "gate", "holm", "kins", "low", "mere", "sby", "vale",
];
/// Commonest first.
const PLACES: &[Place] = &[
    place("US", "United States", "Chicago", "IL", "606##", "+1312"),
    place("US", "United States", "New York", "NY", "100##", "+1212"),
    place("US", "United States", "Los Angeles", "CA", "900##", "+1213"),
    place("US", "United States", "Houston", "TX", "770##", "+1713"),
    place("US", "United States", "Minneapolis", "MN", "554##", "+1612"),
    place("US", "United States", "Boston", "MA", "021##", "+1617"),
    place("US", "United States", "Seattle", "WA", "981##", "+1206"),
    place("US", "United States", "Denver", "CO", "802##", "+1303"),
    place("US", "United States", "Portland", "OR", "972##", "+1503"),
    place("US", "United States", "Columbus", "OH", "432##", "+1614"),
    place("US", "United States", "Atlanta", "GA", "303##", "+1404"),
    place("GB", "United Kingdom", "London", "", "SE#1 #@@", "+44203"),
    place("US", "United States", "Phoenix", "AZ", "850##", "+1602"),
    place("DE", "Germany", "Berlin", "", "10###", "+4930"),
    place("US", "United States", "Nashville", "TN", "372##", "+1615"),
    place("GB", "United Kingdom", "Leeds", "", "LS# #@@", "+44113"),
    place("FR", "France", "Lyon", "", "690##", "+3347"),
    place("DE", "Germany", "Hamburg", "", "20###", "+4940"),
    place("BG", "Bulgaria", "Sofia", "", "1###", "+3592"),
    place("CA", "Canada", "Toronto", "ON", "M5@ #@#", "+1416"),
];

const fn place(
    country: &'static str,
    country_name: &'static str,
    city: &'static str,
    region: &'static str,
    postcode: &'static str,
    dial: &'static str,
) -> Place {
    Place {
        country,
        country_name,
        city,
        region,
        postcode,
        dial,
    }
}
