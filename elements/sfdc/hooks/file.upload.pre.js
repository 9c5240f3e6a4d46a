// What: turns the uploaded part into a ContentVersion with base64 data, named after pathOnClient or the part itself.
// Why: the vendor makes a file out of its first version, and takes title and file name from it.
// Source: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentversion.htm
const file = JSON.parse(request_vendor_body);
const path = String(request_parameters.pathOnClient || file.name || '');
if (!path) {
  done({ continue: false, response_status_code: 400, response_error_message: 'Give `pathOnClient`, such as report.pdf: the part `file` has no name of its own.' });
}
const name = path.split(/[\\/]/).pop();
const dot = name.lastIndexOf('.');
const version = { PathOnClient: path, VersionData: file.body };
for (const member of ['ContentDocumentId', 'FirstPublishLocationId']) {
  if (file[member]) version[member] = file[member];
}
if (!version.ContentDocumentId) version.Title = dot > 0 ? name.slice(0, dot) : name;
if (request_parameters.description) version.Description = request_parameters.description;
if (request_parameters.reason) version.ReasonForChange = request_parameters.reason;
done({ request_vendor_body: version });
