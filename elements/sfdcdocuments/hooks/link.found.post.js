// What: passes on the public link that there is, and the version that one could be made of.
// Why: a link belongs to a version; a file may have one already.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdistribution.htm
'use strict';
if (response_iserror) done();
const version = ((request_previous_response || {}).records || [])[0] || {};
const link = ((response_body || {}).records || [])[0];
done({ response_body: { link: link ? link.Id : null, version: version.Id, title: version.Title } });
