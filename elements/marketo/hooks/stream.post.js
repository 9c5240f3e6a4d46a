// What: hands out the next token while there is more, and none at the end.
// Why: the vendor gives a token always; moreResult alone tells whether anything is behind it.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
'use strict';
if (response_iserror) done();
const answer = response_body_raw_map || {};
done({ response_headers: { 'elements-next-page-token': answer.moreResult ? answer.nextPageToken : null } });
