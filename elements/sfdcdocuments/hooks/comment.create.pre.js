// What: puts the words of a comment into the vendor's segments.
// Why: the vendor's comments are made of text, mentions and links.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_comments_capability_items.htm
'use strict';
const said = JSON.parse(request_vendor_body || '{}').comment;
if (!said) done({ continue: false, response_status_code: 400, response_error_message: 'Missing required parameter: `comment` (body)' });
done({ request_vendor_body: { body: { messageSegments: [{ type: 'Text', text: String(said) }] } } });
