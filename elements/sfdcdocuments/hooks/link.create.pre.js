// What: makes a public link of the file's latest version; one that exists is taken as it is.
// Why: reading links again must not make more of them.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdistribution.htm
'use strict';
const found = request_previous_response || {};
if (found.link) done({ continue: false, response_body: { id: found.link } });
done({
  request_vendor_body: {
    ContentVersionId: found.version,
    Name: String(found.title || 'File').slice(0, 100),
    PreferencesAllowViewInBrowser: true,
    PreferencesLinkLatestVersion: true,
    PreferencesNotifyOnVisit: false,
  },
});
