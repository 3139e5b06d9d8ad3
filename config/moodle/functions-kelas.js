// For the browser's console (F12) on External services > Functions > Add functions; then press the button.
for (const each of document.querySelectorAll('select[name="fids[]"] option'))
  each.selected = ["core_webservice_get_site_info", "core_course_get_courses_by_field", "core_enrol_get_enrolled_users", "core_user_get_users_by_field", "core_group_get_course_groups", "core_group_create_groups", "core_group_add_group_members", "enrol_manual_enrol_users", "tool_mobile_call_external_functions"].includes(each.text.split(':')[0].trim());
