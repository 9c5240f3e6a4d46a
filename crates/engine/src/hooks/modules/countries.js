// Countries by name: their codes and currencies. Each line: two letters, three letters, currency, names.
//
// Codes are of ISO 3166 and ISO 4217; names, currencies and symbols of the Unicode CLDR (cldr.LICENSE).
(function () {
  'use strict';
  const lines = `
AD|AND|EUR|Andorra
AE|ARE|AED|United Arab Emirates|UAE
AF|AFG|AFN|Afghanistan
AG|ATG|XCD|Antigua & Barbuda|Antigua and Barbuda
AI|AIA|XCD|Anguilla
AL|ALB|ALL|Albania
AM|ARM|AMD|Armenia
AO|AGO|AOA|Angola
AQ|ATA||Antarctica
AR|ARG|ARS|Argentina
AS|ASM|USD|American Samoa
AT|AUT|EUR|Austria
AU|AUS|AUD|Australia
AW|ABW|AWG|Aruba
AX|ALA|EUR|Åland Islands
AZ|AZE|AZN|Azerbaijan
BA|BIH|BAM|Bosnia & Herzegovina|Bosnia and Herzegovina
BB|BRB|BBD|Barbados
BD|BGD|BDT|Bangladesh
BE|BEL|EUR|Belgium
BF|BFA|XOF|Burkina Faso
BG|BGR|EUR|Bulgaria
BH|BHR|BHD|Bahrain
BI|BDI|BIF|Burundi
BJ|BEN|XOF|Benin
BL|BLM|EUR|St. Barthélemy|Saint Barthélemy
BM|BMU|BMD|Bermuda
BN|BRN|BND|Brunei|Brunei Darussalam
BO|BOL|BOB|Bolivia|Plurinational State of Bolivia
BQ|BES|USD|Caribbean Netherlands
BR|BRA|BRL|Brazil
BS|BHS|BSD|Bahamas
BT|BTN|BTN|Bhutan
BV|BVT|NOK|Bouvet Island
BW|BWA|BWP|Botswana
BY|BLR|BYN|Belarus
BZ|BLZ|BZD|Belize
CA|CAN|CAD|Canada
CC|CCK|AUD|Cocos (Keeling) Islands
CD|COD|CDF|Congo - Kinshasa|Democratic Republic of the Congo
CF|CAF|XAF|Central African Republic
CG|COG|XAF|Congo - Brazzaville|Congo
CH|CHE|CHF|Switzerland
CI|CIV|XOF|Côte d’Ivoire|Ivory Coast|Cote d'Ivoire
CK|COK|NZD|Cook Islands
CL|CHL|CLP|Chile
CM|CMR|XAF|Cameroon
CN|CHN|CNY|China
CO|COL|COP|Colombia
CR|CRI|CRC|Costa Rica
CU|CUB|CUP|Cuba
CV|CPV|CVE|Cape Verde|Cabo Verde
CW|CUW|XCG|Curaçao
CX|CXR|AUD|Christmas Island
CY|CYP|EUR|Cyprus
CZ|CZE|CZK|Czechia|Czech Republic
DE|DEU|EUR|Germany
DJ|DJI|DJF|Djibouti
DK|DNK|DKK|Denmark
DM|DMA|XCD|Dominica
DO|DOM|DOP|Dominican Republic
DZ|DZA|DZD|Algeria
EC|ECU|USD|Ecuador
EE|EST|EUR|Estonia
EG|EGY|EGP|Egypt
EH|ESH|MAD|Western Sahara
ER|ERI|ERN|Eritrea
ES|ESP|EUR|Spain
ET|ETH|ETB|Ethiopia
FI|FIN|EUR|Finland
FJ|FJI|FJD|Fiji
FK|FLK|FKP|Falkland Islands
FM|FSM|USD|Micronesia|Federated States of Micronesia
FO|FRO|DKK|Faroe Islands
FR|FRA|EUR|France
GA|GAB|XAF|Gabon
GB|GBR|GBP|United Kingdom|Great Britain|UK
GD|GRD|XCD|Grenada
GE|GEO|GEL|Georgia
GF|GUF|EUR|French Guiana
GG|GGY|GBP|Guernsey
GH|GHA|GHS|Ghana
GI|GIB|GIP|Gibraltar
GL|GRL|DKK|Greenland
GM|GMB|GMD|Gambia
GN|GIN|GNF|Guinea
GP|GLP|EUR|Guadeloupe
GQ|GNQ|XAF|Equatorial Guinea
GR|GRC|EUR|Greece
GS|SGS|GBP|South Georgia & South Sandwich Islands|South Georgia and South Sandwich Islands
GT|GTM|GTQ|Guatemala
GU|GUM|USD|Guam
GW|GNB|XOF|Guinea-Bissau
GY|GUY|GYD|Guyana
HK|HKG|HKD|Hong Kong SAR China|Hong Kong
HM|HMD|AUD|Heard Island & McDonald Islands|Heard Island and McDonald Islands
HN|HND|HNL|Honduras
HR|HRV|EUR|Croatia
HT|HTI|USD|Haiti
HU|HUN|HUF|Hungary
ID|IDN|IDR|Indonesia
IE|IRL|EUR|Ireland
IL|ISR|ILS|Israel
IM|IMN|GBP|Isle of Man
IN|IND|INR|India
IO|IOT|USD|British Indian Ocean Territory
IQ|IRQ|IQD|Iraq
IR|IRN|IRR|Iran|Islamic Republic of Iran
IS|ISL|ISK|Iceland
IT|ITA|EUR|Italy
JE|JEY|GBP|Jersey
JM|JAM|JMD|Jamaica
JO|JOR|JOD|Jordan
JP|JPN|JPY|Japan
KE|KEN|KES|Kenya
KG|KGZ|KGS|Kyrgyzstan
KH|KHM|KHR|Cambodia
KI|KIR|AUD|Kiribati
KM|COM|KMF|Comoros
KN|KNA|XCD|St. Kitts & Nevis|St. Kitts and Nevis|Saint Kitts and Nevis
KP|PRK|KPW|North Korea|Democratic People's Republic of Korea
KR|KOR|KRW|South Korea|Republic of Korea|Korea
KW|KWT|KWD|Kuwait
KY|CYM|KYD|Cayman Islands
KZ|KAZ|KZT|Kazakhstan
LA|LAO|LAK|Laos|Lao
LB|LBN|LBP|Lebanon
LC|LCA|XCD|St. Lucia|Saint Lucia
LI|LIE|CHF|Liechtenstein
LK|LKA|LKR|Sri Lanka
LR|LBR|LRD|Liberia
LS|LSO|LSL|Lesotho
LT|LTU|EUR|Lithuania
LU|LUX|EUR|Luxembourg
LV|LVA|EUR|Latvia
LY|LBY|LYD|Libya
MA|MAR|MAD|Morocco
MC|MCO|EUR|Monaco
MD|MDA|MDL|Moldova|Republic of Moldova
ME|MNE|EUR|Montenegro
MF|MAF|EUR|St. Martin|Saint Martin
MG|MDG|MGA|Madagascar
MH|MHL|USD|Marshall Islands
MK|MKD|MKD|North Macedonia|Macedonia
ML|MLI|XOF|Mali
MM|MMR|MMK|Myanmar (Burma)|Burma
MN|MNG|MNT|Mongolia
MO|MAC|MOP|Macao SAR China|Macao|Macau
MP|MNP|USD|Northern Mariana Islands
MQ|MTQ|EUR|Martinique
MR|MRT|MRU|Mauritania
MS|MSR|XCD|Montserrat
MT|MLT|EUR|Malta
MU|MUS|MUR|Mauritius
MV|MDV|MVR|Maldives
MW|MWI|MWK|Malawi
MX|MEX|MXN|Mexico
MY|MYS|MYR|Malaysia
MZ|MOZ|MZN|Mozambique
NA|NAM|NAD|Namibia
NC|NCL|XPF|New Caledonia
NE|NER|XOF|Niger
NF|NFK|AUD|Norfolk Island
NG|NGA|NGN|Nigeria
NI|NIC|NIO|Nicaragua
NL|NLD|EUR|Netherlands|The Netherlands|Holland
NO|NOR|NOK|Norway
NP|NPL|NPR|Nepal
NR|NRU|AUD|Nauru
NU|NIU|NZD|Niue
NZ|NZL|NZD|New Zealand
OM|OMN|OMR|Oman
PA|PAN|USD|Panama
PE|PER|PEN|Peru
PF|PYF|XPF|French Polynesia
PG|PNG|PGK|Papua New Guinea
PH|PHL|PHP|Philippines
PK|PAK|PKR|Pakistan
PL|POL|PLN|Poland
PM|SPM|EUR|St. Pierre & Miquelon|St. Pierre and Miquelon|Saint Pierre and Miquelon
PN|PCN|NZD|Pitcairn Islands
PR|PRI|USD|Puerto Rico
PS|PSE|JOD|Palestinian Territories|State of Palestine|Palestine
PT|PRT|EUR|Portugal
PW|PLW|USD|Palau
PY|PRY|PYG|Paraguay
QA|QAT|QAR|Qatar
RE|REU|EUR|Réunion
RO|ROU|RON|Romania
RS|SRB|RSD|Serbia
RU|RUS|RUB|Russia|Russian Federation
RW|RWA|RWF|Rwanda
SA|SAU|SAR|Saudi Arabia
SB|SLB|SBD|Solomon Islands
SC|SYC|SCR|Seychelles
SD|SDN|SDG|Sudan
SE|SWE|SEK|Sweden
SG|SGP|SGD|Singapore
SH|SHN|SHP|St. Helena, Ascension & Tristan da Cunha|St. Helena, Ascension and Tristan da Cunha|Saint Helena, Ascension and Tristan da Cunha
SI|SVN|EUR|Slovenia
SJ|SJM|NOK|Svalbard & Jan Mayen|Svalbard and Jan Mayen
SK|SVK|EUR|Slovakia
SL|SLE|SLE|Sierra Leone
SM|SMR|EUR|San Marino
SN|SEN|XOF|Senegal
SO|SOM|SOS|Somalia
SR|SUR|SRD|Suriname
SS|SSD|SSP|South Sudan
ST|STP|STN|São Tomé & Príncipe|São Tomé and Príncipe
SV|SLV|USD|El Salvador
SX|SXM|XCG|Sint Maarten
SY|SYR|SYP|Syria|Syrian Arab Republic
SZ|SWZ|SZL|Eswatini|Swaziland
TC|TCA|USD|Turks & Caicos Islands|Turks and Caicos Islands
TD|TCD|XAF|Chad
TF|ATF|EUR|French Southern and Antarctic Lands
TG|TGO|XOF|Togo
TH|THA|THB|Thailand
TJ|TJK|TJS|Tajikistan
TK|TKL|NZD|Tokelau
TL|TLS|USD|Timor-Leste
TM|TKM|TMT|Turkmenistan
TN|TUN|TND|Tunisia
TO|TON|TOP|Tonga
TR|TUR|TRY|Türkiye|Turkey
TT|TTO|TTD|Trinidad & Tobago|Trinidad and Tobago
TV|TUV|AUD|Tuvalu
TW|TWN|TWD|Taiwan|Taiwan, Province of China
TZ|TZA|TZS|Tanzania|United Republic of Tanzania
UA|UKR|UAH|Ukraine
UG|UGA|UGX|Uganda
UM|UMI|USD|U.S. Outlying Islands
US|USA|USD|United States|United States of America|USA
UY|URY|UYU|Uruguay
UZ|UZB|UZS|Uzbekistan
VA|VAT|EUR|Vatican City|Holy See
VC|VCT|XCD|St. Vincent & Grenadines|St. Vincent and Grenadines|Saint Vincent and Grenadines
VE|VEN|VES|Venezuela|Bolivarian Republic of Venezuela
VG|VGB|USD|British Virgin Islands
VI|VIR|USD|U.S. Virgin Islands
VN|VNM|VND|Vietnam|Viet Nam
VU|VUT|VUV|Vanuatu
WF|WLF|XPF|Wallis & Futuna|Wallis and Futuna
WS|WSM|WST|Samoa
YE|YEM|YER|Yemen
YT|MYT|EUR|Mayotte
ZA|ZAF|ZAR|South Africa
ZM|ZMB|ZMW|Zambia
ZW|ZWE|ZWG|Zimbabwe`;
  const symbols = 'AUD=A$ BRL=R$ CAD=CA$ CNY=CN¥ EUR=€ GBP=£ HKD=HK$ ILS=₪ INR=₹ JPY=¥ KRW=₩ MXN=MX$ NZD=NZ$ PHP=₱ TWD=NT$ USD=$ VND=₫ XAF=FCFA XCD=EC$ XCG=Cg. XOF=FCFA XPF=CFPF';
  const byName = new Map();
  for (const line of lines.trim().split('\n')) {
    const [two, three, currency, ...names] = line.split('|');
    const found = { two, three, currency };
    for (const name of [two, three, ...names]) byName.set(name.toLowerCase(), found);
  }
  const bySign = new Map(symbols.split(' ').map((pair) => pair.split('=')));
  const of = (name) => byName.get(String(name).trim().toLowerCase());
  return {
    iso2CountryCode: (name) => of(name)?.two,
    iso3CountryCode: (name) => of(name)?.three,
    currencyCode: (name) => of(name)?.currency,
    currencySymbol: (code) => bySign.get(String(code).trim().toUpperCase()),
  };
})
