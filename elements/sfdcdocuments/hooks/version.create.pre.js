// What: turns the uploaded part into a ContentVersion with base64 data.
// Why: the vendor makes a file out of its first version, and takes title and file name from it.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
const name = String((request_parameters && request_parameters.path) || '').replace(/^[/]+/, '');
const dot = name.lastIndexOf('.');
const title = dot > 0 ? name.slice(0, dot) : name;
const file = JSON.parse(request_vendor_body);
const version = { Title: title, PathOnClient: name, VersionData: file.body };
if (request_parameters.description) version.Description = request_parameters.description;
if (request_parameters.tags) version.TagCsv = request_parameters.tags;
const previous = request_previous_response || {};
if (previous.documentId) version.ContentDocumentId = previous.documentId;
done({ request_vendor_body: version });
