// What: puts the list into the vendor's path: the contact l-0001:12 is in the list l-0001.
// Why: the vendor addresses contacts below their list only.
// Source: https://developer.act-on.com/reference/contacts
'use strict';
const list = String(request_path_variables.id).split(':')[0];
if (!/^[A-Za-z]-[0-9A-Za-z]+$/.test(list)) {
  done({ continue: false, response_status_code: 404, response_error_message: 'No contact found with id ' + request_path_variables.id });
}
done({ request_vendor_path: request_vendor_path.replace('{listId}', list) });
