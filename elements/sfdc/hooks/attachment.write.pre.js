// What: turns an uploaded part into the members of an Attachment; a JSON body stays as it is.
// Why: the vendor takes the bytes as base64 in Body.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_attachment.htm
'use strict';
const given = JSON.parse(request_vendor_body || '{}');
const uploaded = 'body' in given && 'size' in given;
if (request_method === 'POST' && !uploaded && !('Body' in given)) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Give the multipart part `file`, or a JSON body with Name and Body.' });
}
if (!uploaded) done();
const attachment = { Body: given.body };
if (given.ParentId) attachment.ParentId = given.ParentId;
if (given.Description) attachment.Description = given.Description;
if (given.name) attachment.Name = given.name;
if (given.type) attachment.ContentType = given.type;
done({ request_vendor_body: attachment });
