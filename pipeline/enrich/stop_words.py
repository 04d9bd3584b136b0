"""Words that tell nothing of what a text is about, by language: function words, and what reporters write around quotations. Our own lists."""

from __future__ import annotations

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a about above according across after again against ago all almost along already also although always am among an and another any"
        " anyone are aren't around as ask asked at away back be became because become been before began behind being below between both but by"
        " call called came can can't cannot come could couldn't day days did didn't do does doesn't doing don't done down during each earlier early"
        " either else end enough even ever every few first five for former found four from full further gave get gets give given go goes going gone"
        " got had hadn't half has hasn't have haven't having he he's her here hers herself him himself his hour hours how however i i'm if in"
        " including into is isn't it it's its itself just keep kept know known large last late later least less let like likely little long longer"
        " look made main make makes making many may me mean might million billion minister minutes more most much must my myself near nearly need"
        " never new next no nor not nothing now number of off often old on once one only or other others our ours out over own part per percent"
        " place put quite rather reported reporters right said same saw say saying says second see seen several shall she should show since six"
        " small so some something spokesman spokeswoman statement still such take taken ten than that that's the their theirs them themselves then"
        " there these they thing things think third this those though three through time times to today together told tomorrow too took toward two"
        " under until up upon us use used very via want wanted was wasn't way we week weeks well went were weren't what when where whether which"
        " while who whole whom whose why will with within without won't would wouldn't year years yesterday yet you your yours monday tuesday"
        " wednesday thursday friday saturday sunday january february march april june july august september october november december mr mrs ms",
        "de": "ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bin bis da dabei damit dann das dass"
        " dem den denn der des die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es für gegen"
        " gegenüber haben hat hatte hatten hier ich ihm ihn ihr ihre ihrem ihren ihrer im in ist ja jede jedem jeden jeder jedes jetzt kann kein"
        " keine können laut man mehr mit muss müssen nach nicht noch nun nur ob oder ohne prozent rund sagte sagten sehr sei sein seine seinem"
        " seinen seiner seit sich sie sind so sowie soll sollen sollte über um und uns unter vom von vor war waren was weil weiter wenn wer werde"
        " werden wie wieder will wir wird wo worden wurde wurden während zu zum zur zwei zwischen uhr jahr jahre jahren tag tage euro montag"
        " dienstag mittwoch donnerstag freitag samstag sonntag",
        "fr": "a afin ai ainsi alors an ans après au aucun aussi autre autres aux avait avant avec avoir c'est car ce cela celle celui ces cet cette"
        " ceux chez comme contre d'un d'une dans de depuis des deux dit dont du déclaré elle elles en encore entre est et eu eux fait faire fois"
        " hier il ils je jour jours jusqu'à l'on la le les leur leurs lors lui là mais malgré même mis moins mois ne non nos notre nous on ont ou"
        " où par pas pendant peu peut plus pour qu'il qu'elle quand que quel quelle qui s'est sa sans se selon sera ses si soit son sont sous sur"
        " tous tout toute toutes trois trop très un une vers vous y à été être lundi mardi mercredi jeudi vendredi samedi dimanche",
        "es": "a al algo ante antes año años aunque ayer bajo bien cada casi como con contra cual cuando cuatro de del desde después dijo donde dos"
        " durante e el ella ellas ellos en entre era es esa ese eso esta estaba estado están este esto estos está fue fueron ha había han hasta"
        " hay hoy la las le les lo los luego mientras muy más mes meses no nos o otra otras otro otros para pero poco por porque que quien según"
        " ser será si sido sin sobre son su sus sí también tanto tiene todo todos tras tres tu un una uno unos ya y día días lunes martes"
        " miércoles jueves viernes sábado domingo explicó señaló aseguró",
        "it": "a ad ai al alla alle anche ancora anni anno aveva c'è che chi ci come con contro cosa così da dai dal dalla dalle degli dei del"
        " della delle dello di dopo dove due e ed era essere fa fatto fra gli ha hanno i il in invece io la le lo loro ma mentre molto nei nel"
        " nella nelle no non o oggi ogni per perché più poi prima può quando quanto quella quello questa questo secondo sempre senza si sia sono"
        " sta stata stato su sua sue sul sulla suo tra tre tutti tutto un una uno lunedì martedì mercoledì giovedì venerdì sabato domenica",
        "pt": "a ainda ao aos após as até com como contra da das de depois desde disse do dois dos e ela ele eles em entre era essa esse esta este"
        " está eu foi foram há isso já mais mas mesmo muito na nas nem no nos não o onde os ou outra outro para pela pelo por porque quando que"
        " quem se segundo sem ser seu sido sobre são sua também tem ter um uma vai ano anos dia dias",
    }.items()
}
