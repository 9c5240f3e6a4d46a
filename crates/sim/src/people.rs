//! Invented people and companies that all simulators are seeded with: the same ones at every start.

/// A reproducible sequence of numbers.
#[derive(Debug, Clone)]
pub struct Seed(u64);

impl Seed {
    /// Starts from a number; the same number makes the same sequence.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number (splitmix64).
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to `end`, which is left out; 0 when `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next_number().checked_rem(end).unwrap_or(0)
    }

    /// One of the items; the default when there is none.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let at = usize::try_from(self.below(items.len() as u64)).unwrap_or(0);
        items.get(at).copied().unwrap_or_default()
    }
}

/// An invented company.
#[derive(Debug, Clone)]
pub struct Company {
    /// Unique, such as `Northwind Logistics`.
    pub name: String,
    /// `northwind-logistics.example.com`.
    pub domain: String,
    /// Such as `Transportation`.
    pub industry: &'static str,
    /// Where it is.
    pub place: Place,
    /// `(503) 555-0142`: the range reserved for fiction.
    pub phone: String,
    /// Employees.
    pub employees: u64,
    /// Dollars a year.
    pub revenue: u64,
}

/// An invented person.
#[derive(Debug, Clone)]
pub struct Person {
    /// First name.
    pub first: &'static str,
    /// Last name.
    pub last: &'static str,
    /// Unique, at a subdomain of example.com.
    pub email: String,
    /// Such as `VP Operations`.
    pub title: &'static str,
    /// As of [`Company::phone`].
    pub phone: String,
    /// As of [`Company::phone`].
    pub mobile: String,
    /// The index of the company in the list that the person was made with.
    pub company: usize,
    /// Where the person works.
    pub place: Place,
}

/// An address.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// House and street.
    pub street: String,
    /// City.
    pub city: &'static str,
    /// State or province, two letters where those are usual.
    pub state: &'static str,
    /// Postal code.
    pub postal: &'static str,
    /// Country.
    pub country: &'static str,
    /// ISO 3166 country.
    pub country_code: &'static str,
}

/// `count` companies with different names.
pub fn companies(seed: u64, count: usize) -> Vec<Company> {
    let mut seed = Seed::new(seed);
    (0..count)
        .map(|n| {
            // Stems and lines of business are combined in turn, so that no name comes twice before all have come once.
            let stem = STEMS.get(n % STEMS.len()).copied().unwrap_or("Acorn");
            let line = (n / STEMS.len() + n) % LINES.len();
            let (business, industry) = LINES
                .get(line)
                .copied()
                .unwrap_or(("Works", "Manufacturing"));
            let round = n / (STEMS.len() * LINES.len());
            let name = if round == 0 {
                format!("{stem} {business}")
            } else {
                format!("{stem} {business} {}", round + 1)
            };
            let domain = format!("{}.example.com", name.to_lowercase().replace(' ', "-"));
            let employees = 10 + seed.below(4990);
            Company {
                domain,
                industry,
                place: place(&mut seed),
                phone: phone(&mut seed),
                employees,
                revenue: employees * (80 + seed.below(160)) * 1000,
                name,
            }
        })
        .collect()
}

/// `count` people with different addresses, spread over `companies`.
pub fn people(seed: u64, count: usize, companies: &[Company]) -> Vec<Person> {
    let mut seed = Seed::new(seed);
    (0..count)
        .map(|n| {
            let first = FIRST.get(n % FIRST.len()).copied().unwrap_or("Ada");
            let last = LAST
                .get((n / FIRST.len() + n) % LAST.len())
                .copied()
                .unwrap_or("Lovelace");
            let company = n.checked_rem(companies.len()).unwrap_or(0);
            let (domain, place) = companies.get(company).map_or_else(
                || ("example.com".to_owned(), Place::default()),
                |c| (c.domain.clone(), c.place.clone()),
            );
            let round = n / (FIRST.len() * LAST.len());
            let number = if round == 0 {
                String::new()
            } else {
                (round + 1).to_string()
            };
            Person {
                first,
                last,
                email: format!(
                    "{}.{}{number}@{domain}",
                    first.to_lowercase(),
                    last.to_lowercase()
                ),
                title: seed.pick(TITLES),
                phone: phone(&mut seed),
                mobile: phone(&mut seed),
                company,
                place,
            }
        })
        .collect()
}

fn phone(seed: &mut Seed) -> String {
    format!("({}) 555-01{:02}", seed.pick(AREAS), seed.below(100))
}

fn place(seed: &mut Seed) -> Place {
    let (city, state, postal, country, country_code) = seed.pick(CITIES);
    let street = format!("{} {}", 1 + seed.below(980), seed.pick(STREETS));
    Place {
        street,
        city,
        state,
        postal,
        country,
        country_code,
    }
}

const STEMS: &[&str] = &[
    "Northwind",
    "Bluebird",
    "Cedar",
    "Harbor",
    "Summit",
    "Lantern",
    "Juniper",
    "Copper",
    "Meridian",
    "Willow",
    "Granite",
    "Osprey",
    "Redwood",
    "Beacon",
    "Clover",
    "Falcon",
    "Maple",
    "Tidewater",
    "Prairie",
    "Sterling",
    "Foxglove",
    "Ridgeline",
    "Larkspur",
    "Ironwood",
    "Seabright",
    "Thistle",
    "Kestrel",
    "Birchwood",
    "Silverlake",
    "Hawthorn",
];
const LINES: &[(&str, &str)] = &[
    ("Logistics", "Transportation"),
    ("Software", "Technology"),
    ("Foods", "Food & Beverage"),
    ("Energy", "Energy"),
    ("Health", "Healthcare"),
    ("Media", "Media"),
    ("Bank", "Banking"),
    ("Construction", "Construction"),
    ("Textiles", "Apparel"),
    ("Insurance", "Insurance"),
    ("Robotics", "Manufacturing"),
    ("Consulting", "Consulting"),
    ("Telecom", "Telecommunications"),
];
const FIRST: &[&str] = &[
    "Amara", "Ben", "Chiara", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas",
    "Keiko", "Liam", "Maya", "Nadia", "Oscar", "Priya", "Quentin", "Rosa", "Samuel", "Tara",
    "Umar", "Vera", "Wei", "Ximena", "Yusuf", "Zoe", "Aisha", "Bruno", "Clara",
];
const LAST: &[&str] = &[
    "Abbott",
    "Bergstrom",
    "Castillo",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Gupta",
    "Hughes",
    "Ibrahim",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Usman",
    "Vasquez",
    "Weber",
    "Xu",
    "Yamada",
    "Zimmer",
    "Alvarez",
    "Brandt",
    "Chandra",
    "Delgado",
    "Edwards",
];
const TITLES: &[&str] = &[
    "VP Operations",
    "Marketing Manager",
    "Chief Financial Officer",
    "Account Executive",
    "Director of IT",
    "Product Manager",
    "Head of Procurement",
    "Software Engineer",
    "Customer Success Manager",
    "Chief Executive Officer",
    "Sales Representative",
    "Office Manager",
];
const AREAS: &[&str] = &[
    "206", "212", "303", "312", "415", "503", "512", "617", "720", "919",
];
const STREETS: &[&str] = &[
    "Harbor Street",
    "Elm Avenue",
    "Station Road",
    "Market Square",
    "Orchard Lane",
    "Mill Road",
    "Park Drive",
    "Lakeside Boulevard",
];
const CITIES: &[(&str, &str, &str, &str, &str)] = &[
    ("Portland", "OR", "97205", "United States", "US"),
    ("Denver", "CO", "80202", "United States", "US"),
    ("Austin", "TX", "78701", "United States", "US"),
    ("Boston", "MA", "02110", "United States", "US"),
    ("Chicago", "IL", "60606", "United States", "US"),
    ("Seattle", "WA", "98101", "United States", "US"),
    ("Toronto", "ON", "M5H 2N2", "Canada", "CA"),
    ("London", "", "EC2A 4NE", "United Kingdom", "GB"),
    ("Munich", "BY", "80331", "Germany", "DE"),
    ("Lyon", "", "69002", "France", "FR"),
    ("Pune", "MH", "411001", "India", "IN"),
    ("Sydney", "NSW", "2000", "Australia", "AU"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_and_addresses_are_unique_and_the_same_every_time() {
        let companies = companies(1, 300);
        let names: HashSet<&str> = companies.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names.len(), 300);
        let everyone = people(2, 800, &companies);
        let emails: HashSet<&str> = everyone.iter().map(|p| p.email.as_str()).collect();
        assert_eq!(emails.len(), 800);
        assert_eq!(people(2, 800, &companies)[799].phone, everyone[799].phone);
        assert!(everyone.iter().all(|p| p.email.ends_with(".example.com")));
    }
}
