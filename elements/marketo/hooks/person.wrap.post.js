// What: wraps each record as {"person":{…}}.
// Why: it is the shape that this element's callers know.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/leads (the vendor's records are flat)
if (response_iserror) done();
const wrap = (record) => ({ person: record });
if (Array.isArray(response_body)) done({ response_body: response_body.map(wrap) });
// A list without a hit may come without `result`: then the envelope itself is still here.
if (response_body && response_body.success === true && response_body.requestId) done({ response_body: [] });
done({ response_body: wrap(response_body) });
