// What: posts a new file without words; a further version is not posted again.
// Why: comments hang on a post, not on the file.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_feed_element.htm
'use strict';
const version = request_previous_response || {};
const files = { items: [{ id: version.ContentDocumentId }] };
if (String(version.VersionNumber) !== '1') done({ continue: false, response_body: { capabilities: { files: files } } });
done({
  request_vendor_body: { feedElementType: 'FeedItem', subjectId: 'me', body: { messageSegments: [] }, capabilities: { files: files } },
});
