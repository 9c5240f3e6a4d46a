// What: sends the attributes without the action beside them.
// Why: the action is a part of the vendor's path.
// Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/custom-activities
'use strict';
const sent = request_body_map;
const attributes = Array.isArray(sent) ? sent : sent && sent.attributes;
if (!Array.isArray(attributes) || (sent.action && !['create', 'update', 'delete'].includes(sent.action))) {
  done({ continue: false, response_status_code: 400, response_error_message: 'The body is {"action":"create","attributes":[…]}; the action is create, update or delete.' });
}
done({ request_vendor_body: { attributes: attributes } });
