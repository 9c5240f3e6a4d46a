// What: says idField for id and marketoGUID, and dedupeFields for name.
// Why: lists of named accounts are found by these two words alone.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/named-account-lists
'use strict';
const words = { id: 'idField', marketoGUID: 'idField', name: 'dedupeFields' };
const given = request_vendor_parameters.filterType;
if (given === undefined || !words[given]) done();
done({ request_vendor_parameters: { filterType: words[given] } });
