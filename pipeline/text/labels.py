"""Words that news pages print before a time, a name or a source, by language. Tables only; whoever adds a language adds words here.

A phrase that is a common word of its language has its colon in it, so that it counts only with one.
"""

from __future__ import annotations


def phrases(table: str) -> tuple[str, ...]:
    """The phrases of a table, the longest first, so that an alternation of them finds the whole."""
    found = {phrase.strip() for line in table.strip().splitlines() for phrase in line.split(",")}
    return tuple(sorted(found - {""}, key=lambda phrase: (-len(phrase), phrase)))


PUBLISHED = phrases("""
published, posted, first published, originally published, created, publish date, published on, date published, release date, released
veröffentlicht, erschienen, erstellt, publiziert, publié, publiée, mis en ligne, paru, publicado, publicada, pubblicato, pubblicata
fecha de publicación, publicação, data de publicação, publicado em, publicada em
gepubliceerd, geplaatst, opublikowano, data publikacji, dodano, data dodania, utworzono, опубликовано, дата публикации, размещено
yayınlanma, yayınlanma tarihi, yayın tarihi, yayımlanma, yayınlandı, oluşturulma, eklenme, giriş, giriş tarihi
نشر, نشرت, نُشر, تاريخ النشر, تاریخ انتشار, زمان انتشار, انتشار:, تاریخ اشاعت, פורסם, פורסם לראשונה, תאריך פרסום
发布时间, 发布日期, 發布時間, 發佈時間, 發布日期, 发稿时间, 发表时间, 发表于, 发布于, 时间：, 时间:, 日期：, 日期:, 時間：, 日期：
公開日, 公開日時, 公開, 配信, 配信日時, 掲載, 掲載日, 投稿日, 発表日, 入力, 입력, 기사입력, 최초입력, 등록, 기사등록, 승인, 게재, 발행, 작성일, 송고
đăng lúc, đăng ngày, ngày đăng, xuất bản, เผยแพร่, เผยแพร่เมื่อ, วันที่:, โพสต์เมื่อ, प्रकाशित, प्रकाशित:, प्रकाशन तिथि, প্রকাশ, প্রকাশিত, প্রকাশের সময়
δημοσίευση, δημοσιεύθηκε, δημοσιεύτηκε, ημερομηνία δημοσίευσης, diterbitkan, dipublikasikan, tayang, tanggal:, disiarkan
publicat, data publicării, postat, vydáno, zveřejněno, publikováno, publikované, zverejnené, uverejnené, опубліковано, дата публікації, розміщено
публикувано, публикувана, публикуван, објављено, objavljeno, datum objave, megjelent, közzétéve, publikálva, létrehozva
publicerad, publicerat, publisert, udgivet, offentliggjort, julkaistu, julkaisuaika, avaldatud, publicēts, paskelbta, botuar
date:, datum:, data:, fecha:, дата:, tarih:, dátum:, dato:, päivämäärä:
""")
"""Before the time at which a text came out."""

UPDATED = phrases("""
updated, last updated, last modified, modified, edited, revised, update:, zuletzt aktualisiert, aktualisiert, geändert, zuletzt bearbeitet, stand
mis à jour, mise à jour, dernière mise à jour, modifié, actualisé, actualizado, actualizada, última actualización, modificado, atualizado, atualizada
última atualização, atualização, aggiornato, aggiornata, aggiornamento, ultimo aggiornamento, modificato, bijgewerkt, laatst bijgewerkt, gewijzigd
laatste update, zaktualizowano, aktualizacja, ostatnia aktualizacja, data aktualizacji, zmodyfikowano, обновлено, обновлён, обновлен, изменено
дата обновления, последнее обновление, изменено, güncelleme, son güncelleme, güncellenme, güncellenme tarihi, güncellendi
آخر تحديث, تحديث, به‌روزرسانی, بروزرسانی, به روز رسانی, آخرین به‌روزرسانی, آخرین بروزرسانی, עודכן, עודכן לאחרונה, עדכון אחרון
更新时间, 更新日期, 更新時間, 最后更新, 最後更新, 最近更新, 修改时间, 更新日, 更新日時, 最終更新, 最終更新日, 更新
수정, 기사수정, 최종수정, 최종 수정, 업데이트, cập nhật, cập nhật lúc, cập nhật lần cuối, ปรับปรุง, ปรับปรุงล่าสุด, แก้ไข, แก้ไขล่าสุด, อัปเดต, อัปเดตล่าสุด, อัพเดต
अपडेटेड, अपडेट, अद्यतन, अंतिम अपडेट, आखरी अपडेट, আপডেট, হালনাগাদ, সর্বশেষ আপডেট, ενημέρωση, ενημερώθηκε, τελευταία ενημέρωση, ανανεώθηκε
diperbarui, terakhir diperbarui, pembaruan, dikemas kini, actualizat, actualizată, ultima actualizare, modificat
aktualizováno, naposledy aktualizováno, aktualizace, upraveno, změněno, aktualizované, aktualizovaný, aktualizácia, upravené
оновлено, останнє оновлення, змінено, обновена, обновено, обновен, последна актуализация, актуализирана, променена
ažurirano, posljednja izmjena, zadnja izmjena, izmijenjeno, ажурирано, измењено, posodobljeno, frissítve, frissült, frissítés, módosítva, utolsó módosítás
uppdaterad, senast uppdaterad, uppdaterat, ändrad, oppdatert, sist oppdatert, opdateret, senest opdateret, sidst opdateret
päivitetty, muokattu, uuendatud, atjaunots, atnaujinta, përditësuar
""")
"""Before the time at which it was changed."""

SOURCE = phrases("""
source, sources, quelle, quellen, fuente, fuentes, fonte, fonti, fontes, bron, källa, kilde, kjelde, lähde, źródło, zdroj, zdroje, forrás, sursa
kaynak, izvor, vir, allikas, avots, šaltinis, burimi, sumber, nguồn, theo nguồn, πηγή, πηγές, источник, источники, джерело, джерела, източник, извор
المصدر, المصادر, منبع, מקור, स्रोत, সূত্র, ที่มา, แหล่งที่มา, 来源, 來源, 来源于, 信息来源, 文章来源, 新闻来源, 消息来源, 资料来源, 資料來源, 稿件来源, 稿源, 转自
出典, 情報元, 提供元, 출처, 자료출처
""")
"""Before the house that a text or its facts come from."""

AUTHOR = phrases("""
author, authors, by, written by, story by, reported by, reporter, text, words, autor, autorin, autoren, verfasst von, geschrieben von
auteur, auteurs, autrice, écrit par, rédigé par, par, texte, autora, autores, escrito por, por, redacción y, texto, autore, autrice, autori, testo, di
door, tekst, tekst en foto, auteur, redacteur, opracował, opracowała, oprac., szerző, szerzők, írta, szöveg, yazar, yazan, muhabir, haber
автор, авторы, автора, автори, авторка, текст, корреспондент, журналист, кореспондент, συντάκτης, συντάκτρια, γράφει, γράφει ο, γράφει η, ρεπορτάζ, κείμενο
نویسنده, نویسندگان, خبرنگار, گزارشگر, بقلم, كتب, كتبت, الكاتب, إعداد, תחקיר, מאת, כתב, penulis, oleh, pewarta, wartawan, laporan
tác giả, bài, bài viết, phóng viên, thực hiện, ผู้เขียน, เขียนโดย, โดย, ผู้สื่อข่าว, लेखक, लेखिका, रिपोर्टर, रिपोर्ट, লেখক, প্রতিবেদক
redactor, autori, autoři, napsal, napsala, skribent, av, skrevet av, journalist, af, skrevet af, teksti, kirjoittaja, toimittaja
piše, napisao, napisala, píše, пише, autori
作者, 作者姓名, 文, 撰文, 撰稿, 采写, 文字, 记者, 記者, 本报记者, 文/图, 图/文, 文·图, 執筆, 著者, 筆者, 取材・文, 글, 글쓴이, 글·사진, 기자, 기자명, 취재
""")
"""Before who wrote it, and a colon."""

OTHER = phrases("""
editor, editors, edited by, editing, editing by, redaktion, bearbeitet von, edición, editado por, edição, edizione, a cura di, redacteur foto
redaktor, redaktorka, szerkesztő, szerkesztette, szerk., editör, редактор, редакторы, редактори, επιμέλεια, επιμέλεια κειμένου, עורך, עריכה
ویراستار, دبیر, تحرير, المحرر, penyunting, penerjemah, biên tập, บรรณาธิการ, เรียบเรียง, संपादक, সম্পাদনা
foto, fotos, photo, photos, fotó, fotograf, fotograaf, fotografie, valokuva, kuva, kuvat, bild, bilder, billeder, bilde, фото, φωτογραφία, ảnh, ภาพ, เรื่องและภาพ
写真, 撮影, 사진, 摄影, 攝影, 图, 图片, 责任编辑, 責任編輯, 责编, 编辑, 編輯, 編集, 校对, 校對, 审核, 审校, 审读, 终审, 初审, 复审
监制, 监审, 值班编辑, 实习编辑
编审, 统筹, 制图, 剪辑, 通讯员, 签发, 视觉, 主编, 执行主编, 编辑助理, 见习编辑
阅读, 阅读量, 阅读次数, 浏览, 浏览量, 浏览次数, 点击, 点击量, 点击数, 点击次数, 字号, 字体, 字体大小, 分享, 分享到, 标签, 关键词, 所属分类, 分类, 栏目, 评论
조회, 조회수, 댓글, 분류, 편집, 편집자
""")
"""Before who did something else for it, and before what only the page's own frame says; and a colon."""
