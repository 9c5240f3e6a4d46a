// What: turns where=startAt='…' AND endAt='…' AND type='…' into startDate, endDate and type.
// Why: the vendor wants all three, under names of its own and as unix seconds.
// Source: https://docs.oracle.com/en/cloud/saas/marketing/eloqua-rest-api/op-api-rest-1.0-data-activities-contact-id-get.html
'use strict';
const fail = (message) => done({ continue: false, response_status_code: 400, response_error_message: message });
const NAMES = { startAt: 'startDate', startDate: 'startDate', endAt: 'endDate', endDate: 'endDate', type: 'type' };
const wanted = {};
(request_expression || []).forEach((term) => {
  const name = NAMES[term.attribute];
  if (!name || term.operator !== '=') fail('Activities are found by startAt, endAt and type with =, not by ' + term.attribute + ' ' + term.operator + '.');
  const seconds = name === 'type' || /^-?[0-9]+$/.test(term.value) ? term.value : Math.floor(Date.parse(term.value) / 1000);
  if (name !== 'type' && !Number.isFinite(Number(seconds))) fail(term.attribute + ' must be unix seconds or an ISO 8601 date, but it is ' + term.value + '.');
  wanted[name] = String(seconds);
});
const missing = [['startAt', 'startDate'], ['endAt', 'endDate'], ['type', 'type']].filter((pair) => !wanted[pair[1]]).map((pair) => pair[0]);
if (missing.length > 0) fail("Missing in where: " + missing.join(', ') + ". Example: startAt='1417556990' AND endAt='1447567663' AND type='emailOpen'.");
done({ request_vendor_parameters: wanted });
