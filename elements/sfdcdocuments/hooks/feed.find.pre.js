// What: takes the id of a post as it is; for the id of a file its post is looked up.
// Why: comments hang on the post of a file.
// Source: https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_feed_element.htm
'use strict';
const id = String(request_path_variables.feedId);
if (id.startsWith('0D5')) done({ continue: false, response_body: { records: [{ Id: id }] } });
done();
