// What: answers each record as sent with its marketoGUID, `id` and status: a list for a list, one for one.
// Why: the vendor answers ids and statuses in the order of the input.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-objects
'use strict';
if (response_iserror || !Array.isArray(response_body)) done();
const sent = request_body_map;
const many = Array.isArray(sent) || (sent && Array.isArray(sent.input));
const records = Array.isArray(sent) ? sent : many ? sent.input : [sent || {}];
const answers = response_body.map((row, at) => Object.assign({}, records[at], row, { id: row.marketoGUID }));
done({ response_body: many ? answers : answers[0] });
