// What: passes the id of the changed file on.
// Why: the vendor answers a change with nothing.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
'use strict';
if (response_iserror) done();
const found = ((request_previous_response || {}).records || [])[0] || {};
done({ response_body: { id: found.ContentDocumentId } });
