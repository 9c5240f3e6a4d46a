// What: makes fields of the headings of a list.
// Why: the vendor describes contacts by the headings of their list alone.
// Source: https://developer.act-on.com/reference/lists
'use strict';
if (response_iserror || !response_body) done();
const headers = response_body.headers || [];
const fields = headers.map((heading, at) => ({ name: heading, type: 'string', writable: heading !== '_contact_id_', email: at === response_body.emailColumn }));
done({ response_body: [{ name: 'id', type: 'string', writable: false, email: false }].concat(fields) });
