//! A database of locations, `IP_LOCATION`: what a file in `MaxMind`'s format says of an address, under the names of
//! Elasticsearch's processor `geoip`.
//!
//! <https://maxmind.github.io/MaxMind-DB/> describes the format.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use maxminddb::{LookupResult, PathElement, Reader};

use crate::types::DataType;
use crate::value::{Arena, Value};

/// What an address is looked up in.
#[derive(Clone)]
pub struct Locations {
    reader: Arc<Reader<Vec<u8>>>,
    family: Family,
}

/// What a database is of, as the end of its type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    City,
    Country,
    Asn,
}

type Found<'d> = LookupResult<'d, Vec<u8>>;

/// One thing that a database says of an address.
#[derive(Clone, Copy)]
pub struct Property {
    /// The name of its column behind the prefix, in lower case.
    pub name: &'static str,
    /// The type of that.
    pub ty: DataType,
    families: &'static [Family],
    /// Whether it is a column where the query names none.
    default: bool,
    value: for<'v> fn(&Found<'v>, IpAddr, &'v Arena) -> Option<Value<'v>>,
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locations").field("family", &self.family).finish_non_exhaustive()
    }
}

impl Locations {
    /// The database in the bytes of a file, or why they are none.
    pub fn read(bytes: Vec<u8>) -> Result<Locations, String> {
        let reader = Reader::from_source(bytes).map_err(|error| error.to_string())?;
        let kind = reader.metadata().database_type.clone();
        let family = match kind.rsplit_once('-').map_or(kind.as_str(), |(_, last)| last) {
            "City" | "Enterprise" => Family::City,
            "Country" => Family::Country,
            "ASN" | "ISP" => Family::Asn,
            _ => {
                return Err(format!(
                    "a database of type `{kind}` is of no known kind: there are City, Country and ASN"
                ));
            }
        };
        Ok(Locations { reader: Arc::new(reader), family })
    }

    /// What it says of an address, in the order of columns.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> + '_ {
        PROPERTIES.iter().filter(|property| property.families.contains(&self.family))
    }

    /// What it says where the query does not choose.
    pub(crate) fn default_properties(&self) -> Vec<&'static Property> {
        self.properties().filter(|property| property.default).collect()
    }

    /// The values of properties for an address; none of any where the database does not have it. A database that is
    /// broken there says so.
    pub(crate) fn look_up<'v>(
        &'v self,
        address: IpAddr,
        properties: &[&'static Property],
        arena: &'v Arena,
        mut put: impl FnMut(usize, Value<'v>),
    ) -> Result<(), String> {
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Ok(());
        }
        let found = self.reader.lookup(address).map_err(|error| error.to_string())?;
        if !found.has_data() {
            return Ok(());
        }
        for (at, property) in properties.iter().enumerate() {
            if let Some(value) = (property.value)(&found, address, arena) {
                put(at, value);
            }
        }
        Ok(())
    }
}

use Family::{Asn, City, Country};

/// Every property, in the order of columns.
static PROPERTIES: &[Property] = &[
    of("ip", &[City, Country, Asn], |_, address, arena| Some(arena.text(&address.to_string()))),
    of("continent_code", &[City, Country], |found, _, _| text(found, &["continent", "code"])),
    shown("continent_name", &[City, Country], |found, _, _| name(found, "continent")),
    shown("country_name", &[City, Country], |found, _, _| name(found, "country")),
    shown("country_iso_code", &[City, Country], |found, _, _| {
        text(found, &["country", "iso_code"])
    }),
    typed(
        DataType::Boolean,
        of("country_in_european_union", &[City, Country], |found, _, _| {
            let path = path(&["country", "is_in_european_union"]);
            Some(Value::Boolean(found.decode_path::<bool>(&path).ok()?.unwrap_or(false)))
        }),
    ),
    shown("region_iso_code", &[City], |found, _, arena| {
        let country = raw(found, &["country", "iso_code"])?;
        let region =
            [PathElement::Key("subdivisions"), PathElement::Index(0), PathElement::Key("iso_code")];
        let region = found.decode_path::<&str>(&region).ok()??;
        Some(arena.text(&format!("{country}-{region}")))
    }),
    shown("region_name", &[City], |found, _, _| {
        let region = [
            PathElement::Key("subdivisions"),
            PathElement::Index(0),
            PathElement::Key("names"),
            PathElement::Key("en"),
        ];
        found.decode_path::<&str>(&region).ok()?.map(Value::Text)
    }),
    shown("city_name", &[City], |found, _, _| name(found, "city")),
    of("timezone", &[City], |found, _, _| text(found, &["location", "time_zone"])),
    of("postal_code", &[City], |found, _, _| text(found, &["postal", "code"])),
    typed(
        DataType::Long,
        of("accuracy_radius", &[City], |found, _, _| {
            number(found, &["location", "accuracy_radius"])
        }),
    ),
    typed(
        DataType::GeoPoint,
        shown("location", &[City], |found, _, _| {
            let half = |key| found.decode_path::<f64>(&path(&["location", key])).ok().flatten();
            Some(Value::Point { lon: half("longitude")?, lat: half("latitude")? })
        }),
    ),
    typed(
        DataType::Long,
        shown("asn", &[Asn], |found, _, _| number(found, &["autonomous_system_number"])),
    ),
    shown("organization_name", &[Asn], |found, _, _| {
        text(found, &["autonomous_system_organization"])
    }),
    shown("network", &[Asn], |found, _, arena| {
        Some(arena.text(&found.network().ok()?.to_string()))
    }),
];

type Of = for<'v> fn(&Found<'v>, IpAddr, &'v Arena) -> Option<Value<'v>>;

const fn of(name: &'static str, families: &'static [Family], value: Of) -> Property {
    Property { name, ty: DataType::Keyword, families, default: false, value }
}

const fn shown(name: &'static str, families: &'static [Family], value: Of) -> Property {
    Property { default: true, ..of(name, families, value) }
}

const fn typed(ty: DataType, property: Property) -> Property {
    Property { ty, ..property }
}

fn path<'k, const N: usize>(keys: &[&'k str; N]) -> [PathElement<'k>; N] {
    keys.map(PathElement::Key)
}

fn raw<'v, const N: usize>(found: &Found<'v>, keys: &[&str; N]) -> Option<&'v str> {
    found.decode_path::<&str>(&path(keys)).ok().flatten()
}

fn text<'v, const N: usize>(found: &Found<'v>, keys: &[&str; N]) -> Option<Value<'v>> {
    raw(found, keys).map(Value::Text)
}

fn name<'v>(found: &Found<'v>, of: &str) -> Option<Value<'v>> {
    text(found, &[of, "names", "en"])
}

fn number<'v, const N: usize>(found: &Found<'v>, keys: &[&str; N]) -> Option<Value<'v>> {
    found.decode_path::<u32>(&path(keys)).ok().flatten().map(|number| Value::Long(number.into()))
}

#[cfg(test)]
mod tests {
    use brokerwatch_testkit::mmdb;

    use super::*;

    fn said(locations: &Locations, address: &str) -> Vec<String> {
        let (arena, mut said) = (Arena::default(), Vec::new());
        let properties: Vec<&Property> = locations.properties().collect();
        let put =
            |at: usize, value: Value<'_>| said.push(format!("{:?}={value:?}", properties[at]));
        locations.look_up(address.parse().unwrap(), &properties, &arena, put).unwrap();
        said
    }

    #[test]
    fn a_city_says_where_an_address_is() {
        let locations = Locations::read(mmdb::city()).unwrap();
        let all = said(&locations, "203.0.113.20").join(" ");
        for part in [
            "ip=Text(\"203.0.113.20\")",
            "continent_code=Text(\"EU\")",
            "country_name=Text(\"Germany\")",
            "country_iso_code=Text(\"DE\")",
            "country_in_european_union=Boolean(true)",
            "region_iso_code=Text(\"DE-BE\")",
            "region_name=Text(\"Land Berlin\")",
            "city_name=Text(\"Berlin\")",
            "location=Point { lon: 13.4, lat: 52.5 }",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }
        assert!(said(&locations, "198.51.100.1").is_empty());
        assert!(said(&locations, "2001:db8::1").is_empty());
    }

    #[test]
    fn a_system_says_whose_an_address_is() {
        let locations = Locations::read(mmdb::asn()).unwrap();
        assert_eq!(
            said(&locations, "203.0.113.20"),
            [
                "ip=Text(\"203.0.113.20\")",
                "asn=Long(64500)",
                "organization_name=Text(\"Example Hosting\")",
                "network=Text(\"203.0.113.0/24\")",
            ]
        );
    }

    #[test]
    fn what_is_no_database_says_so() {
        assert!(Locations::read(b"name,owner\n".to_vec()).is_err());
        assert!(Locations::read(Vec::new()).is_err());
        let error = Locations::read(mmdb::of_type("Example-Sausages")).unwrap_err();
        assert!(error.contains("Example-Sausages"), "{error}");
    }

    #[test]
    fn a_database_that_is_cut_is_no_panic() {
        let whole = mmdb::city();
        for cut in 0..whole.len() {
            let mut broken = whole.clone();
            broken.remove(cut);
            if let Ok(locations) = Locations::read(broken) {
                let (arena, properties) = (Arena::default(), locations.default_properties());
                // Either is fine: an error, or what the bytes happen to say.
                drop(locations.look_up(
                    "203.0.113.20".parse().unwrap(),
                    &properties,
                    &arena,
                    |_, _| {},
                ));
            }
        }
    }
}
