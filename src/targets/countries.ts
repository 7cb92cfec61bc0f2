import { readFileSync } from 'node:fs';
import { suggest } from '../util/suggest.ts';

/**
 * The 249 codes of ISO 3166-1 alpha-2, as in `fixtures/countries.json`, alphabetically.
 *
 * A literal, because most runs need the codes and reading a file would cost time.
 */
export const COUNTRY_CODES: readonly string[] = words(`
	AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ
	BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
	CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ
	DE DJ DK DM DO DZ
	EC EE EG EH ER ES ET
	FI FJ FK FM FO FR
	GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY
	HK HM HN HR HT HU
	ID IE IL IM IN IO IQ IR IS IT
	JE JM JO JP
	KE KG KH KI KM KN KP KR KW KY KZ
	LA LB LC LI LK LR LS LT LU LV LY
	MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
	NA NC NE NF NG NI NL NO NP NR NU NZ
	OM
	PA PE PF PG PH PK PL PM PN PR PS PT PW PY
	QA
	RE RO RS RU RW
	SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ
	TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
	UA UG UM US UY UZ
	VA VC VE VG VI VN VU
	WF WS
	YE YT
	ZA ZM ZW
`);

/** The 20 most populous countries in the order of *Fluent Python*, the largest first. */
export const POPULOUS_CODES: readonly string[] = words(`
	CN IN US ID BR PK NG BD RU JP MX PH VN ET EG DE IR TR CD FR
`);

function words(text: string): readonly string[] {
	return text.trim().split(/\s+/);
}

let namesByCode: ReadonlyMap<string, string> | undefined;

/** The bundled name of a country, or the code itself if there is none. */
export function countryName(code: string): string {
	return bundledNames().get(code) ?? code;
}

/** Finds the code of a country by its bundled name, in any case. */
export function codeOfName(name: string): string | undefined {
	const wanted = name.toLowerCase();
	const found = [...bundledNames()].find(([, country]) => country.toLowerCase() === wanted);
	return found?.[0];
}

/** The country that was probably meant by `Brasil` or `Untied Kingdom`. */
export function nearestCountry(
	typed: string,
): { readonly code: string; readonly name: string } | undefined {
	const name = suggest(typed, [...bundledNames().values()]);
	const found = [...bundledNames()].find(([, country]) => country === name);
	return found && { code: found[0], name: found[1] };
}

function bundledNames(): ReadonlyMap<string, string> {
	namesByCode ??= readNames();
	return namesByCode;
}

function readNames(): ReadonlyMap<string, string> {
	const file = new URL('../../fixtures/countries.json', import.meta.url);
	const countries = JSON.parse(readFileSync(file, 'utf8')) as {
		readonly iso_cc: string;
		readonly country: string;
	}[];
	return new Map(countries.map(({ iso_cc, country }) => [iso_cc, country]));
}
