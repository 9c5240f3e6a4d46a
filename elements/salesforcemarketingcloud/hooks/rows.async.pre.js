// What: the rows as {items}.
// Why: the vendor takes them so; rows may come as a list, alone, or as {items} already.
// Source: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/putDataExtensionRowsAsync.html
'use strict';
const body = request_body_map;
done({ request_vendor_body: JSON.stringify({ items: body && body.items ? body.items : [].concat(body) }) });
